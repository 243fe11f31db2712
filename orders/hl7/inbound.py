"""Order messages from placers: ORM^O01, OML^O21, OMI^O23, OMG^O19 (section 14.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from django.db import DataError

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7 import outbound
from orders.hl7.addressing import addressed
from orders.hl7.described import describe_orders
from orders.hl7.facts import facts
from orders.hl7.patients import (
    TOO_LONG,
    check_patient,
    patient_keys,
    read_patient,
    read_visit,
)
from orders.hl7.profiles import mapping_for
from orders.hl7.requests import Reader
from orders.hl7.zsegments import Filled, fill, refused_fields
from orders.identity import Comparison, compare
from orders.lifecycle import Event, Refused
from orders.models import Order, OrderEvent
from orders.services import change_order, note_on, place_order, record_event
from radflow.hl7.acks import HL7Error
from radflow.hl7.groups import OrderGroup, order_groups
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer, ReplyStyle
from radflow.messaging.routes import Applied, Handler, Inbound, Response

# What we answer to each question: done, not done (table 0119).
ANSWERS = {
    "NW": ("OK", "UA"),
    "XO": ("XR", "UX"),
    "CA": ("CR", "UC"),
    "DC": ("DR", "UD"),
    "HD": ("HR", "UH"),
    "RL": ("OR", "UR"),
    "SS": ("SR", "UA"),
    "SC": ("", ""),
    "NA": ("", ""),
    "SN": ("", ""),
}
_RECEIVED = {
    "NW": "Order received",
    "XO": "Change received",
    "CA": "Cancellation received",
    "DC": "Discontinuation received",
    "HD": "Hold received",
    "RL": "Release received",
    "SS": "Status asked",
    "SC": "Status received",
    "NA": "Number received",
    "SN": "Number asked",
}


@dataclass(frozen=True)
class Step:
    """One order group with all that its action needs."""

    reader: Reader
    inbound: Inbound
    cause: Cause

    @cached_property
    def filled(self) -> Filled:
        return fill(self.reader, self.inbound)

    @property
    def control(self) -> str:
        orc = self.reader.group.orc
        return (orc.value(1) if orc else "").upper()


def check(message: Message) -> None:
    """What must be there before we take responsibility (standards.md 3.1)."""
    check_patient(message)
    groups = order_groups(message)
    if not groups or groups[0].orc is None:
        raise HL7Error("100", "Segment ORC is missing.", "ORC^1")
    for number, group in enumerate(groups, start=1):
        _check_group(group, number)


def _check_group(group: OrderGroup, number: int) -> None:
    control = group.orc.value(1).upper() if group.orc else ""
    if not control:
        raise HL7Error("101", "Order control (ORC-1) is missing.", f"ORC^{number}^1")
    if control not in ANSWERS:
        raise HL7Error(
            "103", "This order control is not supported here.", f"ORC^{number}^1"
        )
    numbers = [
        segment.value(field)
        for segment in (group.orc, group.obr)
        if segment is not None
        for field in (2, 3)
    ]
    if not any(numbers) or (control == "NW" and not any(numbers[::2])):
        raise HL7Error("101", "Placer order number is missing.", f"ORC^{number}^2")
    if control == "NW":
        _check_new(group, number)


def _check_new(group: OrderGroup, number: int) -> None:
    if group.obr is None:
        raise HL7Error("100", "A new order needs an OBR segment.", f"OBR^{number}")
    if not (group.obr.value(4, 1) or group.obr.value(4, 2)):
        raise HL7Error("101", "The procedure (OBR-4) is missing.", f"OBR^{number}^4")


def keys(message: Message, peer: Peer | None) -> list[str]:
    """Patient identifiers and order numbers: what must not be overtaken."""
    found = patient_keys(message)
    for group in order_groups(message):
        for segment in (group.orc, group.obr):
            if segment is not None:
                found += [f"O:{segment.value(n)}" for n in (2, 3) if segment.value(n)]
    return list(dict.fromkeys(found))


def apply(inbound: Inbound) -> Applied:
    """Apply every order of the message, all or none."""
    mapping = mapping_for(inbound.peer, inbound.message)
    refused = refused_fields(inbound)
    responds = inbound.peer.reply_style == ReplyStyle.ORDER_RESPONSE
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk, answered=responds)
    applied = Applied()
    answers: list[tuple[Order, str]] = []
    for group in _single_orders(order_groups(inbound.message), applied):
        reader = Reader(group, inbound.message, mapping, inbound.peer, refused)
        step = Step(reader, inbound, cause)
        for order in _act(step):
            applied.order_ids.append(order.pk)
            _tell_received(order, step)
            _tell_filled(order, step, applied)
            if answer := ANSWERS[step.control][0]:
                answers.append((order, answer))
    if answers and responds:
        for order, _ in answers:
            order.refresh_from_db()
        applied.response = outbound.send_answer(inbound=inbound, results=answers)
    return applied


def refuse(inbound: Inbound, parked: Parked) -> Response | None:
    """Tell a sender that reads order responses that its order was not taken."""
    groups = order_groups(inbound.message)
    if inbound.peer.reply_style != ReplyStyle.ORDER_RESPONSE or not groups:
        return None
    orc = groups[0].orc
    control = orc.value(1).upper() if orc else "NW"
    code = ANSWERS.get(control, ("", "UA"))[1]
    if not code:
        return None
    return outbound.send_refusal(
        inbound=inbound,
        code=code,
        reason=(parked.code, parked.text[:60]),
        numbers=(orc.value(2, 1), orc.value(2, 2)) if orc else ("", ""),
        order=_refusing(inbound, parked),
    )


def _refusing(inbound: Inbound, parked: Parked) -> Order | None:
    """The one exam whose state refuses, so that the sender hears that state."""
    if parked.holds or parked.code == "UNKNOWN_ORDER":
        return None
    mapping = mapping_for(inbound.peer, inbound.message)
    group = order_groups(inbound.message)[0]
    try:
        found = addressed(Reader(group, inbound.message, mapping, inbound.peer))
    except (HL7Error, Parked):
        return None
    return found[0] if len(found) == 1 else None


def _single_orders(groups: list[OrderGroup], applied: Applied) -> list[OrderGroup]:
    """One group per order: repeated steps of one procedure are not orders.

    2.3.1 repeats ORC and OBR per step with the same OBR-18 and OBR-19 (section 3.3).
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for group in groups:
        obr = group.obr
        key = (obr.value(18), obr.value(19)) if obr else ("", "")
        if all(key) and key in seen:
            applied.warnings.append("Further step of the same procedure not scheduled")
            continue
        seen.add(key)
        kept.append(group)
        if len(group.ipc) > 1:
            applied.warnings.append("Only the first IPC step was scheduled")
    return kept


def _act(step: Step) -> list[Order]:
    try:
        return _ACTIONS[step.control](step)
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error
    except Refused as error:
        raise Parked(error.code, _refusal_text(error)) from error


def _refusal_text(error: Refused) -> str:
    if error.code == "EXAM_STARTED":
        return (
            "The exam has already started, so this was not applied. Speak to the "
            "technologist; the exam can only be stopped there."
        )
    return f"Not possible while the exam is {error.state.replace('_', ' ')}."


def _place(step: Step) -> list[Order]:
    placed = place_order(
        patient=read_patient(step.inbound.message, step.inbound.peer),
        visit=read_visit(step.inbound.message),
        order=step.filled.request,
        cause=step.cause,
        peer=step.inbound.peer,
    )
    if not placed.is_new:
        _refuse_other_study(step, placed.order)
    return [placed.order]


def _change(step: Step) -> list[Order]:
    """One exam: a new procedure for all exams of a placer number is a mistake."""
    request = step.filled.request
    orders = _addressed(step)
    code = request.procedure.code
    if len(orders) > 1 and any(code not in ("", o.procedure_code) for o in orders):
        raise Parked(
            "UNKNOWN_ORDER",
            "Several exams have this placer number. The sender must name the one to "
            "change by its filler number.",
            "ORC^1^3",
        )
    if len(orders) == 1:
        _refuse_other_study(step, orders[0])
    return [
        change_order(order_id=order.pk, request=request, cause=step.cause)
        for order in orders
    ]


def _refuse_other_study(step: Step, order: Order) -> None:
    """A Study UID that was given is never re-pointed (section 8.1)."""
    told = step.filled.request.study_instance_uid
    if told not in ("", order.study_instance_uid):
        raise Parked(
            "205",
            "The order has another Study Instance UID than this message. Ours is kept "
            "and nothing was applied: correct the sender.",
            "ZDS^1^1" if step.reader.group.zds else "IPC^1^3",
        )


def _event(event: Event) -> Callable[[Step], list[Order]]:
    def act(step: Step) -> list[Order]:
        reason = step.reader.value(("ORC-16.2", "ORC-16.1"))
        detail = reason or "No reason given"
        return [
            record_event(
                order_id=order.pk,
                event=event,
                cause=step.cause,
                detail=detail,
                event_time=step.reader.event_time(),
            )
            for order in _addressed(step)
        ]

    return act


def _inform(step: Step) -> list[Order]:
    """Status and numbers told to us: on the timeline, nothing else changes."""
    return _addressed(step)


def _tell_received(order: Order, step: Step) -> None:
    """The message's own entry, at the time it was received."""
    row = step.inbound.row
    note_on(
        order,
        kind=OrderEvent.Kind.MESSAGE,
        title=f"{_RECEIVED[step.control]} {row.message_type} {step.control}",
        detail=f"{step.inbound.peer.name}, control ID {row.control_id}, "
        f"{len(row.raw)} bytes, answered {row.ack_code}",
        cause=replace(step.cause, at=row.received_at),
    )


def _tell_filled(order: Order, step: Step, applied: Applied) -> None:
    """What Z segments said, with the contract that says so."""
    if step.control not in ("NW", "XO"):
        return
    fresh = (one for one in step.filled.warnings if one not in applied.warnings)
    applied.warnings += fresh
    for title, detail in step.filled.notes:
        note_on(
            order,
            kind=OrderEvent.Kind.NOTE,
            title=title[:200],
            detail=detail,
            cause=replace(step.cause, at=step.inbound.row.received_at),
        )


_ACTIONS: dict[str, Callable[[Step], list[Order]]] = {
    "NW": _place,
    "XO": _change,
    "CA": _event(Event.CANCEL),
    "DC": _event(Event.DISCONTINUE),
    "HD": _event(Event.HOLD),
    "RL": _event(Event.RELEASE),
    "SC": _inform,
    "SS": _inform,
    "NA": _inform,
    "SN": _inform,
}


def _addressed(step: Step) -> list[Order]:
    found = addressed(step.reader)
    _refuse_other_patient(step, found)
    return found


def _refuse_other_patient(step: Step, found: list[Order]) -> None:
    request = read_patient(step.inbound.message, step.inbound.peer)
    ids = {(i.value, i.assigning_authority) for i in request.identifiers}
    for order in found:
        known = {
            (i.value, i.assigning_authority) for i in order.patient.identifiers.all()
        }
        differs = compare(order.patient, request) is Comparison.CONFLICT
        if differs or not ids & known:
            raise Parked(
                "PATIENT_MISMATCH",
                "The order belongs to another patient than this message names. "
                "Nothing was applied: compare both and correct the sender.",
                "PID^1^3",
            )


ORDERS = Handler(
    apply=apply,
    check=check,
    keys=keys,
    refuse=refuse,
    describe=describe_orders,
    facts=facts,
)
