"""What became of a message, told to a sender that waits for it (standards.md 3.1).

On the line where the peer is answered with the result; as a message of its own where
the sender asked in enhanced mode for an application acknowledgement.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils import timezone

from radflow.hl7.acks import HL7Error
from radflow.hl7.build import build, msh, segment
from radflow.hl7.charsets import encodable
from radflow.hl7.header import peek
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, OutboundMessage
from radflow.messaging.replies import application_is_asked, new_control_id, reply
from radflow.messaging.routes import Inbound, Response
from radflow.messaging.services import Addressee, enqueue

CHANNEL = "radflow_result"
UTF8 = "UNICODE UTF-8"
_OURS_FAILED = "207"
_REJECTS = frozenset({"200", "201", "202", "203", _OURS_FAILED})


def tell_applied(inbound: Inbound, response: Response | None) -> None:
    """The positive answer, set on the row; the caller saves it."""
    if inbound.answered_on_the_line:
        raw = bytes(inbound.row.raw)
        answer = respond(inbound, response) if response else reply(raw, "AA")
        _answer(inbound.row, "AA", answer)
    elif application_is_asked(peek(bytes(inbound.row.raw)), None):
        _acknowledge(inbound, "AA", None)


def tell_refused(inbound: Inbound, parked: Parked, response: Response | None) -> None:
    """The negative answer, set on the row; the caller saves it."""
    error = error_of(parked)
    if inbound.answered_on_the_line:
        raw = bytes(inbound.row.raw)
        if response:
            _answer(inbound.row, "AA", respond(inbound, response))
        else:
            _answer(inbound.row, error.ack, reply(raw, error.ack, error))
    elif application_is_asked(peek(bytes(inbound.row.raw)), error):
        _acknowledge(inbound, error.ack, error)


def error_of(parked: Parked) -> HL7Error:
    """ERR of a refusal: codes of section 14 go into ERR-5, beside 207."""
    if not parked.code.isdigit():
        location = parked.location
        return HL7Error(
            "207", parked.text, location, ack="AE", application_code=parked.code
        )
    ack = "AR" if parked.code in _REJECTS else "AE"
    return HL7Error(parked.code, parked.text, parked.location, ack=ack)


def pending(raw: bytes) -> bytes:
    """The deadline has passed and the outcome is not known: never a positive answer."""
    text = "Received, not yet applied. Send it again to hear the result."
    error = HL7Error("207", text, ack="AR", application_code="PENDING")
    return reply(raw, "AR", error)


def respond(inbound: Inbound, response: Response) -> bytes:
    """The response message, in the sender's version and, where it can, characters."""
    message = inbound.message
    control_id = message.control_id
    body = [segment("MSA", {1: "AA", 2: control_id}), *response.segments]
    label = message.header.value(18)
    if label and encodable("\r".join(body), message.charset):
        head = _head(message, response.message_type, label)
        return build([head, *body], charset=message.charset)
    return build([_head(message, response.message_type, UTF8), *body])


def _head(message: Message, kind: str, charset: str) -> str:
    return msh(
        sending_application=settings.HL7_APPLICATION,
        sending_facility=settings.HL7_FACILITY,
        receiving_application=message.sending_application,
        receiving_facility=message.sending_facility,
        time=timezone.now(),
        message_type=kind,
        structure=kind.replace("^", "_") if message.version >= "2.4" else "",
        control_id=new_control_id(),
        processing_id=message.processing_id,
        version=message.version or "2.5.1",
        charset=charset,
    )


def _answer(row: InboundMessage, code: str, raw: bytes) -> None:
    """Who waits hears of it when this transaction commits."""
    row.ack_code, row.ack_raw = code, raw
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(row.pk)])


def _acknowledge(inbound: Inbound, code: str, error: HL7Error | None) -> None:
    """Unless the response of the pair, already queued, says it."""
    row = inbound.row
    if OutboundMessage.objects.filter(in_reply_to=row).exists():
        return
    told = Message.parse(reply(bytes(row.raw), code, error))
    event = row.message_type.partition("^")[2]
    enqueue(
        peer=inbound.peer,
        message_type=f"ACK^{event}" if event else "ACK",
        structure="ACK",
        segments=[one.text for one in told.segments[1:]],
        key=f"message:{row.control_id}",
        to=Addressee(row.sending_application, row.sending_facility),
        in_reply_to=row,
        version=inbound.message.version,
    )
