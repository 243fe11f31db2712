"""Segments that say who and what an order is, and who hears of it."""

from __future__ import annotations

from datetime import datetime

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, Patient
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.services import Addressee

NAMESPACE = "RADFLOW"
OWN_CODES = "99RADFLOW"

# ORC-16: code and text.
Reason = tuple[str, str]

S = ExamState
# ORC-5 (table 0038), ORC-25 and OBR-25 (table 0123) per state: section 5.1.
STATUS_CODES: dict[ExamState, tuple[str, str, str]] = {
    S.ORDERED: ("", "ORDERED", "O"),
    S.SCHEDULED: ("SC", "SCHEDULED", "S"),
    S.ARRIVED: ("SC", "ARRIVED", "S"),
    S.READY: ("SC", "READY", "S"),
    S.IN_PROGRESS: ("IP", "STARTED", "I"),
    S.PERFORMED: ("CM", "PERFORMED", "I"),
    S.ON_HOLD: ("HD", "ON_HOLD", "S"),
    S.CANCELLED: ("CA", "CANCELLED", "X"),
    S.DISCONTINUED: ("DC", "DISCONTINUED", "X"),
    S.REPLACED: ("RP", "REPLACED", "X"),
}
_TEXTS = {"STARTED": "Exam started", "PERFORMED": "Exam performed"}


def addressee(order: Order) -> Addressee:
    return Addressee(order.sender_application, order.sender_facility)


def key_of(order: Order) -> str:
    return f"accession:{order.accession_number}"


def obr(order: Order, more: dict[int, Value] | None = None) -> str:
    """OBR with the fields every message of ours has, and `more` by number."""
    _, _, result = STATUS_CODES[ExamState(order.status)]
    values: dict[int, Value] = {
        1: "1",
        2: placer(order),
        3: filler(order),
        4: procedure(order),
        18: order.accession_number,
        19: order.requested_procedure_id,
        22: format_ts(order.status_since),
        24: order.modality,
        25: result,
        **(more or {}),
    }
    return segment("OBR", values)


def pid(patient: Patient) -> str:
    """PID with every identifier in use, the preferred one first."""
    known = [row for row in patient.identifiers.all() if row.retired_at is None]
    identifiers = sorted(known, key=lambda row: not row.preferred)
    return segment(
        "PID",
        {
            1: "1",
            3: [(i.value, "", "", i.assigning_authority, i.type) for i in identifiers],
            5: (
                patient.family_name,
                patient.given_name,
                patient.middle_name,
                patient.suffix,
                patient.prefix,
            ),
            7: patient.birth_date_text,
            8: patient.sex,
        },
    )


def placer(order: Order) -> tuple[str, str]:
    return order.placer_order_number, order.placer_namespace


def filler(order: Order) -> tuple[str, str]:
    return order.filler_order_number, NAMESPACE


def procedure(order: Order) -> tuple[str, str, str]:
    return order.procedure_code, order.procedure_text, order.procedure_system


def provider(order: Order) -> tuple[str, ...]:
    keys = ("id", "family", "given", "middle", "suffix", "prefix")
    return tuple(order.ordering_provider.get(key, "") for key in keys)


def note_sent(order: Order, outbound_id: int | None, cause: Cause, text: str) -> None:
    OrderEvent.objects.create(
        order=order,
        at=cause.at,
        kind=OrderEvent.Kind.MESSAGE,
        title=text,
        actor="radflow",
        outbound_id=outbound_id,
    )


def orc(
    order: Order,
    control: str,
    at: datetime,
    *,
    modern: bool,
    status: str | None = None,
    timed: bool = True,
    reason: Reason = ("", ""),
) -> str:
    """ORC in our own words; `status` overrides ORC-5. `modern` is 2.5.1.

    Not `timed`: a TQ1 says when and how urgent, so ORC-7 stays empty.
    """
    code, exact, _ = STATUS_CODES[ExamState(order.status)]
    start = format_ts(order.scheduled_start) if order.scheduled_start else ""
    values: dict[int, Value] = {
        1: control,
        2: placer(order),
        3: filler(order),
        5: code if status is None else status,
        7: ("1", "", "", start, "", order.priority) if timed else "",
        9: format_ts(at),
        12: provider(order),
        16: (*reason, OWN_CODES) if any(reason) else "",
    }
    if modern:
        text = _TEXTS.get(exact, ExamState(order.status).label)
        values[25] = (exact, text, OWN_CODES)
    return segment("ORC", values)
