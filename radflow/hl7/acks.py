"""Acknowledgements, in original and enhanced mode (HL7 section 2.9, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from radflow.hl7.build import Value, build, msh, segment
from radflow.hl7.charsets import CODECS, encodable
from radflow.hl7.errors import HL7Error
from radflow.hl7.header import Header, peek
from radflow.hl7.message import Message

__all__ = ["Ack", "HL7Error", "build_ack", "read_ack"]

UTF8 = "UNICODE UTF-8"
# Table 0357, as texts for CWE.2 of ERR-3.
CONDITIONS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}


@dataclass(frozen=True)
class Ack:
    """An acknowledgement read: `code` MSA-1, `control_id` MSA-2."""

    code: str
    control_id: str
    text: str = ""
    error_code: str = ""
    error_location: str = ""

    @property
    def positive(self) -> bool:
        return self.code in ("AA", "CA")


def build_ack(
    raw: bytes,
    code: str,
    *,
    control_id: str,
    now: datetime,
    error: HL7Error | None = None,
    sender: tuple[str, str] = ("RADFLOW", "RADDEPT"),
) -> bytes:
    """The acknowledgement of these bytes, also where their header is unreadable.

    MSA-2 is the received MSH-10 to the letter; MSH-3 to 6 change places, MSH-11 and
    12 are copied; the reply is in the sender's character set, UTF-8 if that is short.
    """
    header = peek(raw)
    version = header.version if header else ""
    label, codec = _charset(header)
    lines = [
        _header(header, control_id, now, version, sender, label),
        _msa(code, header, error, version),
    ]
    if error is not None:
        lines.append(_err(error, version))
    text = "".join(f"{line}\r" for line in lines)
    if not encodable(text, codec):
        lines[0] = _header(header, control_id, now, version, sender, UTF8)
        codec = "utf_8"
    return build(lines, charset=codec)


def _charset(header: Header | None) -> tuple[str, str]:
    label = (header.charset if header else "").split("~")[0]
    codec = CODECS.get(label.upper())
    # Values were read as Latin-1, so writing them so gives back the same bytes.
    return (label, "latin-1") if codec else ("", "latin-1")


def _header(
    header: Header | None,
    control_id: str,
    now: datetime,
    version: str,
    sender: tuple[str, str],
    charset: str,
) -> str:
    event = header.message_type.partition("^")[2] if header else ""
    modern = version >= "2.4" or not version
    return msh(
        sending_application=(header.first(5) if header else "") or sender[0],
        sending_facility=(header.first(6) if header else "") or sender[1],
        receiving_application=header.first(3) if header else "",
        receiving_facility=header.first(4) if header else "",
        time=now,
        message_type=f"ACK^{event}" if event else "ACK",
        structure="ACK" if modern and event else "",
        control_id=control_id,
        processing_id=(header.first(11) if header else "") or "P",
        version=version or "2.5.1",
        charset=charset,
    )


def _msa(code: str, header: Header | None, error: HL7Error | None, version: str) -> str:
    control_id = header.control_id if header else ""
    old = bool(version) and version < "2.5"
    fields: dict[int, Value] = {1: code}
    if error is not None and old:
        fields |= {3: error.text, 6: (error.code, CONDITIONS.get(error.code, ""))}
    text = segment("MSA", fields)
    # The control ID goes back raw: it may hold escapes that are the sender's own.
    rest = text.removeprefix(f"MSA|{code}").removeprefix("|")
    return f"MSA|{code}|{control_id}{rest}"


def _err(error: HL7Error, version: str) -> str:
    text = CONDITIONS.get(error.code, "")
    location = tuple(error.location.split("^")) if error.location else ()
    if version and version < "2.5":
        where = (*location, "", "", "", "")[:3]
        return segment("ERR", {1: (*where, (error.code, text))})
    return segment(
        "ERR",
        {
            2: location,
            3: (error.code, text, "HL70357"),
            4: "E",
            5: (error.application_code, error.text, "99RADFLOW")
            if error.application_code
            else "",
            8: error.text,
        },
    )


def read_ack(raw: bytes) -> Ack:
    """Read what a receiver answered; HL7Error 100 where it is no acknowledgement."""
    message = Message.parse(raw)
    msa, err = message.first("MSA"), message.first("ERR")
    if msa is None:
        raise HL7Error("100", "The answer has no MSA segment.", "MSA^1")
    code = err.value(3) or err.value(1, 4) if err else ""
    location = (
        "^".join(err.repetitions(2)[0].components()) if err and err.raw_field(2) else ""
    )
    text = msa.value(3) or (err.value(8) if err else "")
    return Ack(
        code=msa.value(1),
        control_id=msa.value(2),
        text=text,
        error_code=code or msa.value(6),
        error_location=location,
    )
