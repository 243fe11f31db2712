"""What a scheduler outside tells of its appointments: kept, and the exam booked by it.

Its times are not refused (standards.md section 3.5): where a room is taken, the
booking is kept and flagged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import PatientMismatch
from orders.hl7.outbound import NAMESPACE
from orders.identity import Comparison, compare
from orders.lifecycle import TERMINAL_STATES, Event, ExamState, Refused
from orders.models import Order, Patient
from orders.services import register_patient, warn_of_identity
from orders.services.identifiers import find_ids
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.models import Peer
from worklist.lifecycle import (
    AppointmentEvent,
    AppointmentOutcome,
    AppointmentState,
    decide,
)
from worklist.models import ExternalAppointment
from worklist.requests import AppointmentRequest
from worklist.selectors.external import (
    clues_of,
    find_appointment,
    find_order,
    others_of,
)
from worklist.selectors.numbers import step_numbered
from worklist.services.attention import alarm_on
from worklist.services.booking import free_slot
from worklist.services.placing import give_place
from worklist.services.said import fill

S = AppointmentState
E = AppointmentEvent
_ENDS = frozenset({E.CANCEL, E.DELETE, E.NO_SHOW})
_EXAM_EVENTS = {E.NO_SHOW: Event.NO_SHOW}

OTHER_PATIENT = gettext_noop(
    "The appointment’s order belongs to another patient than the message names. Nothing"
    " was applied: compare both and correct the sender."
)
LATE = gettext_noop("Late: older than what is known of the appointment, not applied")
DIFFERS = gettext_noop(
    "Family name, birth date or sex differs from the file: accepted, to compare"
)
_TOO_LATE = gettext_noop("The scheduler would change an appointment")
_AGAINST = gettext_noop("The scheduler changed an appointment")
_NOT_POSSIBLE = gettext_noop(
    "The exam or its patient is further on than that. Speak to the scheduler."
)
_UNSEEN = gettext_noop("Ended before it was booked: nothing here was changed.")
_BEFORE_BOOKING = gettext_noop("The scheduler ended an appointment unknown here")
_AGAIN = gettext_noop("It was cancelled, and the scheduler moved it: booked again.")
_UNHEARD = gettext_noop("Its booking was never told; kept as the change told it.")


@dataclass
class Heard:
    """What became of a message: the appointment, its exam, and what to show.

    `late`: older than the last applied change, so not applied (5.4).
    """

    row: ExternalAppointment | None = None
    order: Order | None = None
    late: bool = False
    warnings: list[str] = field(default_factory=list)


@unit.atomic
def hear(*, request: AppointmentRequest, peer: Peer, cause: Cause) -> Heard:
    """Apply an SIU of an authority for appointments.

    Raises PatientMismatch, or lifecycle.AppointmentRefused; then nothing has changed.
    """
    heard = Heard(warnings=list(request.warnings))
    person = _person(request, cause)
    row = find_appointment(peer, placer=request.placer, filler=request.filler)
    row = row or _own(request, peer)
    known = row is not None
    row = row or _new_row(request, peer)
    order = _order_of(row, request, person, heard)
    if order:
        order = heard.order = Order.objects.select_for_update().get(pk=order.pk)
    if known:
        row = ExternalAppointment.objects.select_for_update().get(pk=row.pk)
    heard.row = row
    if known and _is_late(row, request):
        heard.late = True
        heard.warnings.append(LATE)
        return heard
    outcome = decide(S(row.state) if known else None, request.event)
    if request.event not in _ENDS and not (outcome.task and outcome.state is None):
        fill(row, request, person)
    _apply(row, request, outcome, heard, cause)
    _record(row, request, cause)
    return heard


def _person(request: AppointmentRequest, cause: Cause) -> Patient | None:
    """On file, locked; nobody is made from an appointment. Raises PatientMismatch."""
    told = request.patient
    if told is None or not find_ids(told.identifiers):
        return None
    return register_patient(request=told, cause=cause)


# An appointment of ours that a scheduler speaks of, by the state of its exam.
_OWN_STATES = {
    ExamState.SCHEDULED: S.BOOKED,
    ExamState.ON_HOLD: S.BOOKED,
    ExamState.ARRIVED: S.ARRIVED,
    ExamState.READY: S.ARRIVED,
    ExamState.IN_PROGRESS: S.STARTED,
    ExamState.PERFORMED: S.FULFILLED,
}


def _own(request: AppointmentRequest, peer: Peer) -> ExternalAppointment | None:
    """Under the number that we gave it (SCH-2): known from now on as its sender's."""
    number, namespace = request.filler
    step = step_numbered(number) if namespace == NAMESPACE else None
    if step is None:
        return None
    order = step.order
    row = _new_row(request, peer)
    row.order, row.patient = order, order.patient
    row.start, row.minutes = step.start, step.duration_minutes
    row.state = _OWN_STATES.get(ExamState(order.status), S.CANCELLED)
    has_other = order.external_appointments.filter(placed=True).exists()
    row.placed = row.state != S.CANCELLED and not has_other
    row.save()
    return row


def _new_row(request: AppointmentRequest, peer: Peer) -> ExternalAppointment:
    (placer, namespace), (filler, owner) = request.placer, request.filler
    return ExternalAppointment(
        peer=peer,
        placer_id=placer,
        placer_namespace=namespace,
        filler_id=filler,
        filler_namespace=owner,
    )


def _order_of(
    row: ExternalAppointment,
    request: AppointmentRequest,
    person: Patient | None,
    heard: Heard,
) -> Order | None:
    """The one it is linked with, as long as that is open; else by the ladder."""
    if row.order and (row.placed or row.order.status not in TERMINAL_STATES):
        order: Order | None = row.order
    else:
        fill(row, request, person)
        order, _ = find_order(clues_of(row))
    if order is None or request.patient is None:
        return order
    if person is None or person.pk != order.patient_id:
        raise PatientMismatch(OTHER_PATIENT)
    if compare(person, request.patient) is Comparison.WARN:
        heard.warnings.append(DIFFERS)
    return order


def _is_late(row: ExternalAppointment, request: AppointmentRequest) -> bool:
    at, known = request.event_time, row.event_time
    return bool(at and known and at < known)


def _apply(
    row: ExternalAppointment,
    request: AppointmentRequest,
    outcome: AppointmentOutcome,
    heard: Heard,
    cause: Cause,
) -> None:
    if outcome.task and outcome.state is None:
        _refer(row, heard, cause)
    elif request.event in _ENDS:
        _end(row, request, outcome, heard, cause)
    else:
        _keep(row, request, outcome, heard, cause)
    if heard.order and DIFFERS in heard.warnings and request.patient:
        warn_of_identity(order_id=heard.order.pk, told=request.patient, cause=cause)


def _refer(row: ExternalAppointment, heard: Heard, cause: Cause) -> None:
    """`ex`: accepted, nothing changed, a person must look."""
    heard.warnings.append(_NOT_POSSIBLE)
    if heard.order:
        alarm_on(
            heard.order,
            title=_TOO_LATE,
            detail=_NOT_POSSIBLE,
            cause=cause,
        )
        return
    row.attention = _NOT_POSSIBLE
    _save(row)


def _keep(
    row: ExternalAppointment,
    request: AppointmentRequest,
    outcome: AppointmentOutcome,
    heard: Heard,
    cause: Cause,
) -> None:
    """Booked, moved, or details changed."""
    is_new = row.pk is None
    row.event_time = request.event_time or row.event_time
    row.inbound_id = cause.inbound_id
    if request.pending and (is_new or row.state == S.REQUESTED):
        row.state, row.order = S.REQUESTED, heard.order
        _save(row)
        return
    row.state = outcome.state or S(row.state)
    row.attention = (_UNHEARD if is_new else _AGAIN) if outcome.task else ""
    if row.state not in (S.BOOKED, S.ARRIVED):
        _save(row)
        return
    _book(row, heard, cause)


def _book(row: ExternalAppointment, heard: Heard, cause: Cause) -> None:
    order = heard.order
    if order is None:
        _, why = find_order(clues_of(row))
        heard.warnings.append(why)
        row.order = None
        _save(row)
        return
    told = row.attention
    heard.warnings += give_place(row, order, cause)
    if told and row.order_id:
        alarm_on(order, title=_AGAINST, detail=told, cause=cause)


def _end(
    row: ExternalAppointment,
    request: AppointmentRequest,
    outcome: AppointmentOutcome,
    heard: Heard,
    cause: Cause,
) -> None:
    """Cancelled, deleted or missed; unknown until now it is a tombstone."""
    is_new, held = row.pk is None, row.placed
    row.event_time = request.event_time or row.event_time
    row.inbound_id = cause.inbound_id
    row.state = outcome.state or S(row.state)
    row.placed = held and outcome.state is None
    if is_new:
        _bury(row, heard, cause)
        return
    row.attention = ""
    _save(row)
    if held and not row.placed and heard.order:
        _free(row, request, heard.order, heard, cause)


def _bury(row: ExternalAppointment, heard: Heard, cause: Cause) -> None:
    heard.warnings.append(_UNSEEN)
    if heard.order:
        row.order = heard.order
        alarm_on(
            heard.order,
            title=_BEFORE_BOOKING,
            detail=_UNSEEN,
            cause=cause,
        )
    else:
        row.attention = _UNSEEN
    _save(row)


def _free(
    row: ExternalAppointment,
    request: AppointmentRequest,
    order: Order,
    heard: Heard,
    cause: Cause,
) -> None:
    """The exam takes its other booking's time if it has one, else it has none."""
    if other := others_of(row).first():
        give_place(other, order, cause)
        return
    try:
        free_slot(
            order_id=order.pk,
            event=_EXAM_EVENTS.get(request.event, Event.UNBOOK),
            meaning=request.event,
            cause=cause,
            reason=_why(request),
        )
    except Refused:
        _refer(row, heard, cause)


def _why(request: AppointmentRequest) -> str:
    if request.event is E.NO_SHOW:
        return gettext_noop("Patient did not arrive")
    return request.reason[:200] or gettext_noop("Cancelled by the scheduler")


def _save(row: ExternalAppointment) -> None:
    if row.pk:
        row.version += 1
    row.save()
    live.publish("reconciliation", row.pk)


def _record(
    row: ExternalAppointment, request: AppointmentRequest, cause: Cause
) -> None:
    audit.record(
        "appointment_heard",
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=row.patient_id,
        order_id=row.order_id,
        message_id=cause.inbound_id,
        detail={"appointment": row.pk, "event": request.event, "state": row.state},
    )
