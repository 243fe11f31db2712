"""What is answered at the door: original mode, or as MSH-15 and MSH-16 ask for."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

from django.conf import settings

from radflow.hl7.acks import HL7Error, build_ack
from radflow.hl7.header import Header, peek
from radflow.messaging.checks import is_acknowledgement

NOT_STORED = "207"
_numbers = itertools.count(time.time_ns() // 1000)


def reply_code(header: Header | None, error: HL7Error | None) -> str:
    """MSA-1, empty for no reply (HL7 2.9.3; where one of the two is empty, it is NE).

    Our application acknowledgement states receipt, so a sender that wants that one
    only gets it at once, on the same connection.
    """
    code = error.ack if error else "AA"
    accept = header.field(15).strip() if header else ""
    application = header.field(16).strip() if header else ""
    if not accept and not application:
        return code
    if _is_asked(accept, error):
        return _accept_code(error)
    return code if _is_asked(application, error) else ""


def accept_code(header: Header | None, error: HL7Error | None) -> str:
    """MSA-1 to an acknowledgement: that it is stored, where it asks to be told."""
    accept = header.field(15).strip() if header else ""
    return _accept_code(error) if _is_asked(accept, error) else ""


def _is_asked(condition: str, error: HL7Error | None) -> bool:
    """Table 0155; what is not in it is taken for always."""
    by_condition = {"": False, "NE": False, "ER": bool(error), "SU": not error}
    return by_condition.get(condition, True)


def _accept_code(error: HL7Error | None) -> str:
    """CE invites to send again, so it is said only where that can help."""
    if error is None:
        return "CA"
    return "CE" if error.code == NOT_STORED else "CR"


def asks_for_acceptance(header: Header | None) -> bool:
    """Enhanced mode with an accept acknowledgement on the line (HL7 section 2.9.3)."""
    accept = header.field(15).strip() if header else ""
    return accept not in ("", "NE")


def asks_for_result(header: Header | None) -> bool:
    """Whether every application acknowledgement is wanted, and on the line."""
    if header is None or asks_for_acceptance(header):
        return False
    asked = (header.field(15).strip(), header.field(16).strip())
    return asked == ("", "") or asked[1] == "AL"


def application_is_asked(header: Header | None, error: HL7Error | None) -> bool:
    """Enhanced mode, accepted on the line: the result is to come as a message."""
    application = header.field(16).strip() if header else ""
    return asks_for_acceptance(header) and _is_asked(application, error)


def new_control_id() -> str:
    """MSH-10 of an acknowledgement, at most 20 characters."""
    return f"RA{next(_numbers)}"[-20:]


def reply(raw: bytes, code: str, error: HL7Error | None = None) -> bytes:
    return build_ack(
        raw,
        code,
        control_id=new_control_id(),
        now=datetime.now(UTC),
        error=error,
        sender=(settings.HL7_APPLICATION, settings.HL7_FACILITY),
    )


def refuse_too_large(head: bytes) -> bytes | None:
    """The answer to a block over the limit; its bytes are not kept."""
    text = "The message is larger than accepted here."
    return _refuse(head, HL7Error("102", text, ack="AR"))


def try_later(raw: bytes) -> bytes | None:
    """The answer while the database is away; none to an acknowledgement."""
    header = peek(raw)
    if header and is_acknowledgement(header.message_type):
        return None
    text = "Not stored. Send it again later."
    return _refuse(raw, HL7Error(NOT_STORED, text, ack="AR"))


def _refuse(raw: bytes, error: HL7Error) -> bytes | None:
    code = reply_code(peek(raw), error)
    return reply(raw, code, error) if code else None
