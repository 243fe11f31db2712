from __future__ import annotations


class HL7Error(Exception):
    """A message that cannot be taken as it is.

    `code` is of table 0357, `location` in the form of ERR-2 (`PID^1^3`), `ack` the
    MSA-1 it deserves (`AE` or `AR`), `application_code` goes to ERR-5. The text is
    sent to the other side: it never holds patient data.
    """

    def __init__(
        self,
        code: str,
        text: str,
        location: str = "",
        *,
        ack: str = "AE",
        application_code: str = "",
    ) -> None:
        super().__init__(code, text, location)
        self.code = code
        self.text = text
        self.location = location
        self.ack = ack
        self.application_code = application_code

    def __str__(self) -> str:
        return self.text
