"""Changes of identity or procedure of a live order: held for a person (law 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.lifecycle import ExamState
from orders.models import HeldChange, Order, OrderEvent, Patient
from orders.requests import OrderRequest, PatientRequest
from orders.services.changing import change_order
from orders.services.events import locked, note_on, save
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling import desk
from radflow.messaging.models import InboundState

Reason = HeldChange.Reason
State = HeldChange.State
# What a person may accept; numbers and people are never re-pointed by a message.
ACCEPTABLE = frozenset({Reason.PROCEDURE, Reason.LATERALITY})
WHILE_RUNNING = (
    "The ordering system wants a change while the exam runs. Nothing was applied: "
    "speak to the sender, then decide."
)


@dataclass(frozen=True)
class Difference:
    """One value of the order and what the message says instead, with its field."""

    field: str
    label: str
    ours: str
    theirs: str
    reason: str
    source: str

    def as_json(self) -> dict[str, str]:
        return {**vars(self), "from": self.source}


class AlreadyDecided(OrderError):
    """Somebody decided it meanwhile."""

    code = "ALREADY_DECIDED"


class NotAcceptable(OrderError):
    """It would change whose exam it is, or its numbers."""

    code = "NOT_ACCEPTABLE"


def differences(
    order: Order, request: OrderRequest, patient: PatientRequest | None
) -> list[Difference]:
    """What the message says otherwise of who and what; unsaid values do not differ."""
    told = [
        ("accession_number", "Accession number", Reason.ACCESSION),
        ("study_instance_uid", "Study UID", Reason.STUDY),
        ("laterality", "Side", Reason.LATERALITY),
    ]
    found = [
        _difference(name, label, getattr(order, name), getattr(request, name), reason)
        for name, label, reason in told
    ]
    found.append(
        _difference(
            "procedure_code",
            "Procedure",
            order.procedure_code,
            request.procedure.code,
            Reason.PROCEDURE,
        )
    )
    if patient is not None:
        found += _of_person(order.patient, patient)
    return [
        Difference(**{**vars(one), "source": request.sources.get(one.field, "")})
        for one in found
        if one.theirs and one.theirs != one.ours
    ]


def _difference(
    field: str, label: str, ours: str, theirs: str, reason: str
) -> Difference:
    return Difference(field, label, ours, theirs, reason, "")


def _of_person(patient: Patient, said: PatientRequest) -> list[Difference]:
    names = {
        "family_name": "Family name",
        "given_name": "Given name",
        "birth_date_text": "Born",
        "sex": "Sex",
    }
    found = [
        _difference(n, label, getattr(patient, n), getattr(said, n), Reason.IDENTITY)
        for n, label in names.items()
    ]
    known = {(one.value, one.assigning_authority) for one in patient.identifiers.all()}
    strange = [
        f"{one.value} ({one.assigning_authority})"
        for one in said.identifiers
        if (one.value, one.assigning_authority) not in known
    ]
    ours = ", ".join(f"{value} ({authority})" for value, authority in sorted(known))
    if said.identifiers and len(strange) == len(said.identifiers):
        found.append(
            _difference(
                "identifiers", "Identifiers", ours, ", ".join(strange), Reason.PATIENT
            )
        )
    return found


@unit.atomic
def hold_change(
    *,
    order_id: int,
    found: Iterable[Difference],
    cause: Cause,
    applied: bool = False,
) -> HeldChange | None:
    """Keep it for a person, once per order and message; a running exam is alarmed."""
    order = locked(order_id)
    told = list(found)
    is_known = HeldChange.objects.filter(
        order=order, inbound_id=cause.inbound_id, state=State.OPEN
    ).exists()
    if is_known or not told:
        return None
    change = HeldChange.objects.create(
        order=order,
        inbound_id=cause.inbound_id,
        reasons=sorted({one.reason for one in told}),
        differences=[one.as_json() for one in told],
        status_then=order.status,
        applied=applied,
    )
    if order.status == ExamState.IN_PROGRESS and not applied:
        order.needs_attention = WHILE_RUNNING
        save(order)
    title = "Changed, to be looked at" if applied else "A change waits for a decision"
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=title,
        detail=", ".join(one.label for one in told),
        cause=cause,
    )
    live.publish("reconciliation", change.pk)
    return change


def alarm_station(*, order_id: int, text: str, cause: Cause) -> None:
    """The exam runs, and the placer wanted something else of it."""
    order = locked(order_id)
    if order.status != ExamState.IN_PROGRESS:
        return
    order.needs_attention = text[:300]
    save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title="The ordering system wants something else",
        detail=text[:500],
        cause=cause,
    )


def may_be_accepted(change: HeldChange) -> bool:
    reasons = set(change.reasons)
    is_over = change.order.status != ExamState.IN_PROGRESS
    return change.applied or (reasons <= ACCEPTABLE and is_over)


@unit.atomic
def accept_change(
    *, change_id: int, request: OrderRequest | None, note: str, user: User
) -> HeldChange:
    """Apply it, by the same service and as this person; its message is settled.

    `request` is what the message says, read again. What was applied already is only
    marked as seen. Raises AlreadyDecided, NotAcceptable, lifecycle.Refused.
    """
    change = _locked_change(change_id)
    if not may_be_accepted(change):
        raise NotAcceptable(
            "This would change whose exam it is or its numbers, or the exam runs. "
            "Reject it, or correct the message and replay it."
        )
    if not change.applied and request is not None:
        cause = Cause(user=user, inbound_id=change.inbound_id)
        change_order(
            order_id=change.order_id, request=request, cause=cause, by_hand=True
        )
    return _decide(change, State.ACCEPTED, note, user)


@unit.atomic
def reject_change(*, change_id: int, note: str, user: User) -> HeldChange:
    """The order stays as it is, and the message is set aside."""
    return _decide(_locked_change(change_id), State.REJECTED, note, user)


def _locked_change(change_id: int) -> HeldChange:
    """Order first, as everywhere."""
    order_id = HeldChange.objects.values_list("order_id", flat=True).get(pk=change_id)
    locked(order_id)
    change = HeldChange.objects.select_for_update().get(pk=change_id)
    if change.state != State.OPEN:
        by = change.decided_by.display_name if change.decided_by else "Somebody"
        raise AlreadyDecided(
            f"{by} decided this meanwhile: {change.get_state_display()}."
        )
    return change


def _decide(change: HeldChange, state: str, note: str, user: User) -> HeldChange:
    change.state, change.note = state, note[:300]
    change.decided_by, change.decided_at = user, timezone.now()
    change.save()
    _settle_message(change, note, user)
    order = change.order
    if order.needs_attention == WHILE_RUNNING:
        order.needs_attention = ""
        save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=f"Change {change.get_state_display().lower()}",
        detail=note[:500],
        cause=Cause(user=user, inbound_id=change.inbound_id),
    )
    audit.record(
        f"change_{state}",
        actor=user,
        order_id=order.pk,
        patient_id=order.patient_id,
        message_id=change.inbound_id,
    )
    live.publish("reconciliation", change.pk)
    return change


def _settle_message(change: HeldChange, note: str, user: User) -> None:
    """Parked until now; what was applied is not touched."""
    message = change.inbound
    if change.applied or message is None or message.state != InboundState.PARKED:
        return
    reason = f"{change.get_state_display()} on the order: {note}"[:300]
    try:
        desk.skip(message_id=message.pk, reason=reason, by=user)
    except WrongState as error:
        raise AlreadyDecided(error.text) from error


def settle_replayed() -> int:
    """Those whose message was corrected, replayed or set aside elsewhere."""
    open_ones = HeldChange.objects.filter(state=State.OPEN, applied=False)
    return open_ones.filter(
        inbound__state__in=(InboundState.SKIPPED, InboundState.APPLIED)
    ).update(state=State.REPLAYED, decided_at=timezone.now())
