"""Appointments from schedulers: SIU^S12 to S22, S26 (standards.md 3.5, 14.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import DataError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7.described import describe_person
from orders.hl7.facts import facts as facts_of
from orders.hl7.patients import (
    RETIRED,
    TOO_LONG,
    check_patient,
    patient_keys,
    refuse_retired,
)
from orders.models import Order, OrderEvent
from orders.services import note
from orders.services.identifiers import find_ids, names_retired
from radflow.hl7.acks import HL7Error
from radflow.hl7.fields import EI
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import ORDER_KEY, Applied, Handler, Inbound
from worklist.hl7.reading import read_appointment
from worklist.lifecycle import AppointmentEvent, AppointmentRefused
from worklist.requests import AppointmentRequest
from worklist.selectors.external import Clues, find_order
from worklist.services.external import LATE, hear

E = AppointmentEvent
RECEIVED: dict[str, str] = {
    E.BOOK: gettext_noop("Appointment received"),
    E.MOVE: gettext_noop("New time of the appointment received"),
    E.MODIFY: gettext_noop("Change of the appointment received"),
    E.CANCEL: gettext_noop("Cancellation of the appointment received"),
    E.DELETE: gettext_noop("Deletion of the appointment received"),
    E.NO_SHOW: gettext_noop("No-show received"),
}
_NEEDS_TIME = frozenset({E.BOOK, E.MOVE})
INFORMATION = gettext_noop("Information only: appointments are made here")
NOTED_NOWHERE = gettext_noop("Information only, and no order fits: noted nowhere")
_STATE = gettext_noop(
    "The appointment was entered in error, or is in no state for this. Book it under "
    "a new appointment ID."
)


def check(message: Message) -> None:
    """What must be there before we take responsibility (standards.md 3.1)."""
    sch = message.first("SCH")
    if sch is None:
        raise HL7Error("100", gettext_noop("Segment SCH is missing."), "SCH^1")
    if not any(EI.of(sch, number).id.strip() for number in (1, 2)):
        raise HL7Error(
            "101",
            gettext_noop("The appointment ID (SCH-1 or SCH-2) is missing."),
            "SCH^1^1",
        )
    if message.first("PID") is not None:
        check_patient(message)


def keys(message: Message, peer: Peer | None) -> list[str]:
    """Its appointment and orders, and the patient: none must overtake another."""
    found = patient_keys(message)
    for sch in message.all("SCH")[:1]:
        told = (one.id.strip() for n in (1, 2, 26, 27) for one in EI.all(sch, n))
        found += [f"{ORDER_KEY}{number}" for number in told if number]
    return list(dict.fromkeys(found))


def apply(inbound: Inbound) -> Applied:
    """Keep the appointment and book its exam; where ours is the schedule, note it."""
    request = read_appointment(inbound)
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    warnings = list(request.warnings)
    if request.patient and names_retired(request.patient.identifiers):
        refuse_retired(inbound.peer)
        warnings.append(RETIRED)
    try:
        if not inbound.peer.books_appointments:
            return _note_only(inbound, request, cause, warnings)
        return _hear(inbound, request, cause, warnings)
    except AppointmentRefused as error:
        raise Parked(error.code, _STATE, "SCH^1^2") from error
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error


def _hear(
    inbound: Inbound, request: AppointmentRequest, cause: Cause, warnings: list[str]
) -> Applied:
    if request.event in _NEEDS_TIME and request.start is None and not request.pending:
        text = gettext_noop("The appointment tells no time (TQ1-7 or SCH-11).")
        raise Parked("101", text, "TQ1^1^7")
    heard = hear(request=request, peer=inbound.peer, cause=cause)
    applied = Applied(warnings=list(dict.fromkeys([*warnings, *heard.warnings])))
    if heard.order:
        applied.order_ids.append(heard.order.pk)
        _tell(heard.order, inbound, request, cause, LATE if heard.late else "")
    return applied


def _note_only(
    inbound: Inbound, request: AppointmentRequest, cause: Cause, warnings: list[str]
) -> Applied:
    """Its sender books nothing here: the exam's timeline tells what it said."""
    order = _order_meant(inbound, request)
    if order is None:
        return Applied(warnings=[*warnings, NOTED_NOWHERE])
    _tell(order, inbound, request, cause, INFORMATION)
    return Applied(order_ids=[order.pk], warnings=[*warnings, INFORMATION])


def _order_meant(inbound: Inbound, request: AppointmentRequest) -> Order | None:
    people = request.patient.identifiers if request.patient else ()
    ids = {row.patient_id for row in find_ids(people)}
    clues = Clues(
        filler_orders=request.filler_orders,
        placer_orders=request.placer_orders,
        placer=request.placer,
        codes=tuple(one.code for one in request.services if one.code),
        peer=inbound.peer,
        patient_id=ids.pop() if len(ids) == 1 else None,
    )
    order, _why = find_order(clues)
    if order and request.patient and order.patient_id != clues.patient_id:
        return None
    return order


def _tell(
    order: Order,
    inbound: Inbound,
    request: AppointmentRequest,
    cause: Cause,
    why: str,
) -> None:
    """The message's own entry on the timeline, with the time that it tells."""
    row = inbound.row
    zone = ZoneInfo(inbound.peer.time_zone)
    start = request.start.astimezone(zone) if request.start else None
    told = [
        f"{row.message_type}, {inbound.peer.name}, control ID {row.control_id}",
        f"{start:%d %b %Y %H:%M %Z}" if start else "",
        request.reason,
        why,
    ]
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.MESSAGE,
        title=RECEIVED[request.event],
        detail="; ".join(filter(None, told))[:500],
        cause=cause,
    )


def describe(inbound: Inbound) -> dict[str, str]:
    """The person, and the appointment as it is read."""
    request = read_appointment(inbound)
    zone = ZoneInfo(inbound.peer.time_zone)
    person = describe_person(inbound) if request.patient else {}
    minutes = str(request.minutes) if request.minutes else ""
    return person | {
        _("Appointment ID"): " ".join(filter(None, request.placer)),
        _("Appointment ID of the filler"): " ".join(filter(None, request.filler)),
        _("Placer order number"): _listed(request.placer_orders),
        _("Filler order number"): _listed(request.filler_orders),
        _("Start"): _time(request.start, zone),
        _("Minutes"): minutes,
        _("Services"): ", ".join(one.code or one.text for one in request.services),
        _("Resources"): ", ".join(
            " ".join(one.names) for one in request.resources if one.kind != "AIP"
        ),
        _("Reason of the appointment"): request.reason,
        _("Event time"): _time(request.event_time, zone),
    }


def _listed(numbers: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(number for number, _namespace in numbers)


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if at else ""


def facts(inbound: Inbound, order_ids: Sequence[int]) -> dict[str, str]:
    if inbound.message.first("PID") is None:
        return {}
    return facts_of(inbound, order_ids)


SIU = Handler(apply=apply, check=check, keys=keys, describe=describe, facts=facts)
