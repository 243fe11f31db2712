"""Changes of identity or procedure of a live order: held for a person (law 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.lifecycle import NOT_STARTED, ExamState
from orders.models import HeldChange, Order, OrderEvent, Patient
from orders.requests import OrderRequest, PatientRequest
from orders.selectors import procedure_of
from orders.services.attention import put_reason, reason_of
from orders.services.changing import CHANGED, change_order
from orders.services.completing import missing
from orders.services.events import locked, note_on, save
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.handling import desk
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.services import replay_message

Reason = HeldChange.Reason
State = HeldChange.State
# What a person may accept; numbers and people are never re-pointed by a message.
ACCEPTABLE = frozenset({Reason.PROCEDURE, Reason.LATERALITY})
WHILE_RUNNING = gettext_noop(
    "The ordering system wants a change while the exam runs. Nothing was applied: "
    "speak to the sender, then decide."
)


WAITS = gettext_noop(
    "The ordering system wants another exam or side. A decision waits below."
)
_DECIDED = {
    State.OPEN: gettext_noop("Change waits"),
    State.ACCEPTED: gettext_noop("Change accepted"),
    State.REJECTED: gettext_noop("Change rejected"),
    State.REPLAYED: gettext_noop("Change corrected and replayed"),
}


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
        values = {**vars(self), "from": self.source}
        del values["source"]
        return values


@dataclass(frozen=True)
class Asked:
    """What the held message says of the order, and how many orders it names."""

    request: OrderRequest | None = None
    orders: int = 1


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
        ("accession_number", gettext_noop("Accession number"), Reason.ACCESSION),
        ("study_instance_uid", gettext_noop("Study UID"), Reason.STUDY),
        ("laterality", gettext_noop("Side"), Reason.LATERALITY),
    ]
    found = [
        _difference(name, label, getattr(order, name), getattr(request, name), reason)
        for name, label, reason in told
    ]
    found.append(
        _difference(
            "procedure_code",
            gettext_noop("Procedure"),
            order.procedure_code,
            request.procedure.code,
            Reason.PROCEDURE,
        )
    )
    if patient is not None:
        found += _of_person(order.patient, patient)
    sources = {**request.sources, **_sources_of_person(patient)}
    return [
        replace(one, source=sources.get(one.field, ""))
        for one in found
        if one.theirs and one.theirs != one.ours
    ]


def _sources_of_person(patient: PatientRequest | None) -> dict[str, str]:
    return {"identifiers": "PID-3", **patient.sources} if patient else {}


def _difference(
    field: str, label: str, ours: str, theirs: str, reason: str
) -> Difference:
    return Difference(field, label, ours, theirs, reason, "")


def _of_person(patient: Patient, said: PatientRequest) -> list[Difference]:
    names = {
        "family_name": gettext_noop("Family name"),
        "given_name": gettext_noop("Given name"),
        "birth_date_text": gettext_noop("Born"),
        "sex": gettext_noop("Sex"),
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
                "identifiers",
                gettext_noop("Identifiers"),
                ours,
                ", ".join(strange),
                Reason.PATIENT,
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
    told = list(found)
    if not told:
        return None
    order = locked(order_id)
    known = HeldChange.objects.filter(
        order=order, inbound_id=cause.inbound_id, state=State.OPEN
    ).first()
    if known:
        return known
    change = HeldChange.objects.create(
        order=order,
        inbound_id=cause.inbound_id,
        reasons=sorted({one.reason for one in told}),
        differences=[one.as_json() for one in told],
        status_then=order.status,
        applied=applied,
    )
    if not applied:
        _draw_attention(order)
    title = (
        gettext_noop("Changed, to be looked at")
        if applied
        else gettext_noop("A change waits for a decision")
    )
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=title,
        detail=", ".join(one.label for one in told),
        cause=cause,
    )
    live.publish("reconciliation", change.pk)
    return change


def _draw_attention(order: Order) -> None:
    """Where the station looks; before the start no other warning gives way to it."""
    if order.status == ExamState.IN_PROGRESS:
        put_reason(order, WHILE_RUNNING)
    elif order.status in NOT_STARTED and not reason_of(order):
        put_reason(order, WAITS)
    else:
        return
    save(order)


def alarm_station(*, order_id: int, text: str, cause: Cause) -> None:
    """The exam runs, and the placer wanted something else of it."""
    order = locked(order_id)
    if order.status != ExamState.IN_PROGRESS:
        return
    put_reason(order, text)
    save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=gettext_noop("The ordering system wants something else"),
        detail=text[:500],
        cause=cause,
    )


def may_be_accepted(change: HeldChange) -> bool:
    reasons = set(change.reasons)
    is_over = change.order.status != ExamState.IN_PROGRESS
    return change.applied or (reasons <= ACCEPTABLE and is_over)


@unit.atomic
def accept_change(*, change_id: int, asked: Asked, note: str, user: User) -> HeldChange:
    """Apply it, by the same service and as this person; its message is settled.

    What was applied already is only marked as seen. Raises AlreadyDecided,
    NotAcceptable, lifecycle.Refused.
    """
    change = _locked_change(change_id)
    if not may_be_accepted(change):
        raise NotAcceptable(
            gettext_noop(
                "This would change whose exam it is or its numbers, or the exam runs. "
                "Reject it, or correct the message and replay it."
            )
        )
    if not change.applied:
        _apply(change, asked, user)
    _decide(
        change, State.ACCEPTED, note, Cause(user=user, inbound_id=change.inbound_id)
    )
    _settle_message(change, asked, note, user)
    return change


def _apply(change: HeldChange, asked: Asked, user: User) -> None:
    if asked.request is None:
        raise NotAcceptable(
            gettext_noop(
                "The message does not name this order any more. Reject the change."
            )
        )
    cause = Cause(user=user, inbound_id=change.inbound_id)
    change_order(
        order_id=change.order_id, request=asked.request, cause=cause, by_hand=True
    )
    change.order.refresh_from_db()


@unit.atomic
def reject_change(*, change_id: int, asked: Asked, note: str, user: User) -> HeldChange:
    """The order stays as it is. Raises AlreadyDecided.

    Its message is set aside, unless it also asks for other orders: then it stays
    parked for an interface admin.
    """
    change = _locked_change(change_id)
    if change.applied:
        raise NotAcceptable(
            gettext_noop("It was applied already: it can only be marked as seen.")
        )
    _decide(
        change, State.REJECTED, note, Cause(user=user, inbound_id=change.inbound_id)
    )
    _settle_message(change, asked, note, user)
    return change


def _locked_change(change_id: int) -> HeldChange:
    """Message first, then its order: so do workers that apply one."""
    found = HeldChange.objects.get(pk=change_id)
    if found.inbound_id:
        InboundMessage.objects.select_for_update().get(pk=found.inbound_id)
    locked(found.order_id)
    change = HeldChange.objects.select_for_update().get(pk=change_id)
    if change.state != State.OPEN:
        by = (
            change.decided_by.display_name if change.decided_by else gettext("Somebody")
        )
        text = gettext("%(who)s decided this meanwhile: %(state)s.")
        state = gettext(change.get_state_display())
        raise AlreadyDecided(text % {"who": by, "state": state})
    return change


def _decide(change: HeldChange, state: HeldChange.State, note: str, by: Cause) -> None:
    change.state, change.note = state, note[:300]
    change.decided_by, change.decided_at = by.user, timezone.now()
    change.save()
    order = change.order
    if reason_of(order) in _raised_by(change) and not _waits(change):
        put_reason(order, _what_it_lacks(order))
        save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=_DECIDED[state],
        detail=note[:500],
        cause=by,
    )
    audit.record(
        f"change_{state.value}",
        actor=by.user,
        order_id=order.pk,
        patient_id=order.patient_id,
        message_id=change.inbound_id,
    )
    live.publish("reconciliation", change.pk)


def _raised_by(change: HeldChange) -> tuple[str, ...]:
    """The warnings that go with the decision."""
    return (CHANGED,) if change.applied else (WHILE_RUNNING, WAITS)


def _waits(change: HeldChange) -> bool:
    """Whether another change speaks for the same warning."""
    others = change.order.held_changes.filter(state=State.OPEN, applied=change.applied)
    return others.exists()


def _what_it_lacks(order: Order) -> str:
    """Hidden by the warning until now, and still true."""
    is_to_come = order.status in NOT_STARTED and not order.is_container
    return missing(order, procedure_of(order)) if is_to_come else ""


def _settle_message(change: HeldChange, asked: Asked, note: str, user: User) -> None:
    """Parked until now; it waits on while another order's change of it does."""
    message = change.inbound
    if change.applied or message is None or message.state != InboundState.PARKED:
        return
    if HeldChange.objects.filter(inbound=message, state=State.OPEN).exists():
        return
    held = HeldChange.objects.filter(inbound=message).values("order_id").distinct()
    if message.order_ids or held.count() >= asked.orders:
        reason = f"{change.get_state_display()} on the order: {note}"[:300]
        desk.skip(message_id=message.pk, reason=reason, by=user)
    elif change.state == State.ACCEPTED:
        # Nothing differs any more, so that its other orders can be applied too.
        replay_message(message_id=message.pk, by=user)


@unit.atomic
def follow_message(*, message: InboundMessage, state: str, by: User) -> None:
    """Somebody replayed it or set it aside in the exceptions queue.

    What is refused again then is held anew.
    """
    waiting = HeldChange.objects.filter(
        inbound=message, state=State.OPEN, applied=False
    ).order_by("order_id")
    found = list(waiting.values_list("pk", "order_id"))
    cause = Cause(user=by, inbound_id=message.pk)
    for change_id, order_id in found:
        locked(order_id)
        change = HeldChange.objects.select_for_update().get(pk=change_id)
        _decide(change, State(state), gettext_noop("Decided on the message"), cause)
