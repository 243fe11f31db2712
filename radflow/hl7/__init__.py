"""The HL7 v2 wire: bytes, segments, fields, acknowledgements. No Django, no domain."""
