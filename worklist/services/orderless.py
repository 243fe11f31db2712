"""Appointments without order: linked as the order comes, by a person, or set aside."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError, PatientMismatch
from orders.identity import Comparison, compare
from orders.lifecycle import NOT_STARTED
from orders.models import Order, OrderEvent
from orders.services import note_on
from orders.services.events import locked
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.models import ExternalAppointment
from worklist.selectors.external import (
    clues_of,
    find_order,
    patient_of,
    waiting,
    waiting_for,
)
from worklist.services.placing import give_place
from worklist.services.said import person_of

_LINKED = gettext_noop("Appointment linked")
_BY_RULE = gettext_noop("It came before the order, and names it.")


class AppointmentSettled(OrderError):
    """Somebody linked it meanwhile, or it has ended."""

    code = "LINKED_ALREADY"


def link_waiting(order: Order, cause: Cause) -> bool:
    """Those that came before this order, which the caller holds locked.

    Only where it is the one exam that they may be for, and of the same person.
    Returns whether any was linked.
    """
    if order.status not in NOT_STARTED:
        return False
    linked = False
    for row in waiting_for(order):
        row.patient_id = row.patient_id or patient_of(row.patient_keys)
        meant, _why = find_order(clues_of(row))
        if meant != order or not _is_of_patient(row, order):
            continue
        give_place(row, order, cause)
        if row.order_id:
            linked = True
            _tell(row, order, _BY_RULE, cause)
    return linked


def _is_of_patient(row: ExternalAppointment, order: Order) -> bool:
    if row.patient_id != order.patient_id:
        return False
    return compare(order.patient, person_of(row)) is not Comparison.CONFLICT


@unit.atomic
def link_appointment(
    *, appointment_id: int, order_id: int, reason: str, cause: Cause
) -> ExternalAppointment:
    """A person says which exam it is for; the exam gets its time.

    Raises AppointmentSettled, or PatientMismatch where it is another's on file.
    """
    order = locked(order_id)
    row = _open(appointment_id)
    if row.patient_id not in (None, order.patient_id):
        raise PatientMismatch(
            gettext("The appointment is for another patient than this order.")
        )
    warnings = give_place(row, order, cause)
    if row.order_id is None:
        raise AppointmentSettled(
            gettext(next(iter(warnings), "")) or gettext("It was not linked."),
            code="ORDER_STATE",
        )
    _tell(row, order, reason, cause)
    return row


@unit.atomic
def set_aside(*, appointment_id: int, reason: str, cause: Cause) -> ExternalAppointment:
    """No order here belongs to it, a person says: it waits no longer."""
    row = ExternalAppointment.objects.select_for_update().get(pk=appointment_id)
    row.set_aside_at, row.attention = timezone.now(), ""
    row.version += 1
    row.save(update_fields=["set_aside_at", "attention", "version"])
    _record("appointment_set_aside", row, reason, cause)
    return row


def _open(appointment_id: int) -> ExternalAppointment:
    row = waiting().select_for_update(of=("self",)).filter(pk=appointment_id).first()
    if row is None:
        raise AppointmentSettled(
            gettext("The appointment has an order by now, or has ended. Look again.")
        )
    return row


def rematch_people(patient_ids: set[int]) -> None:
    """After a merge or its undoing: whose the appointments without order are."""
    for row in waiting().filter(patient__in=patient_ids):
        row.patient_id = patient_of(row.patient_keys)
        row.save(update_fields=["patient"])


def _tell(row: ExternalAppointment, order: Order, reason: str, cause: Cause) -> None:
    note_on(
        order,
        kind=OrderEvent.Kind.CHECK,
        title=_LINKED,
        detail=reason[:500],
        cause=cause,
    )
    _record("appointment_linked", row, reason, cause)


def _record(action: str, row: ExternalAppointment, reason: str, cause: Cause) -> None:
    live.publish("reconciliation", row.pk)
    audit.record(
        action,
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=row.patient_id,
        order_id=row.order_id,
        message_id=cause.inbound_id,
        detail={"appointment": row.pk, "reason": reason[:300]},
    )
