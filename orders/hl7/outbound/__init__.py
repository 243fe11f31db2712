"""What we tell other systems of orders and people."""

from orders.hl7.outbound.answers import Answer, send_answers
from orders.hl7.outbound.people import send_merge, send_patient, send_visit
from orders.hl7.outbound.segments import (
    NAMESPACE,
    OWN_CODES,
    STATUS_CODES,
    addressee,
    filler,
    key_of,
    note_sent,
    obr,
    orc,
    pid,
    placer,
    procedure,
    provider,
)
from orders.hl7.outbound.status import (
    ask_number,
    send_correction,
    send_refusal,
    send_status,
)

__all__ = [
    "NAMESPACE",
    "OWN_CODES",
    "STATUS_CODES",
    "Answer",
    "addressee",
    "ask_number",
    "filler",
    "key_of",
    "note_sent",
    "obr",
    "orc",
    "pid",
    "placer",
    "procedure",
    "provider",
    "send_answers",
    "send_correction",
    "send_merge",
    "send_patient",
    "send_refusal",
    "send_status",
    "send_visit",
]
