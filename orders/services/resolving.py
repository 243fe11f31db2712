"""Messages that name somebody else, decided by a person who compared (section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.requests import Identifier, PatientRequest
from orders.services.merging import merge_patients
from orders.services.patients import update_patient
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling import desk
from radflow.messaging.handling.replay import replay
from radflow.messaging.models import InboundMessage, InboundState

Merge = tuple[PatientRequest, tuple[Identifier, ...]]


class ResolvedAlready(OrderError):
    """The message is not parked any more."""

    code = "MESSAGE_STATE"


@unit.atomic
def take_as_same(
    *,
    message_id: int,
    person: PatientRequest,
    merges: Sequence[Merge],
    reason: str,
    user: User,
) -> None:
    """One person: the file takes what the message says, which is then applied.

    A merge that waited for this is made, and its message set aside as done by hand.
    """
    _require_parked(message_id)
    cause = Cause(user=user, inbound_id=message_id)
    for survivor, retired in merges:
        merge_patients(survivor=survivor, retired=retired, cause=cause, confirmed=True)
    if merges:
        _skip(message_id, f"Merged by hand: {reason}", user)
    else:
        # An earlier event time must not make the person's own decision late.
        update_patient(request=replace(person, event_time=None), cause=cause)
        replay(message_id=message_id, reason=reason, by=user)
    _record("identity_conflict_same", message_id, user)


@unit.atomic
def take_as_other(*, message_id: int, reason: str, user: User) -> None:
    """Two people: nothing is applied; the sender must correct its message."""
    _require_parked(message_id)
    _skip(message_id, f"Names somebody else: {reason}", user)
    _record("identity_conflict_other", message_id, user)


def _require_parked(message_id: int) -> None:
    row = InboundMessage.objects.select_for_update().get(pk=message_id)
    if row.state != InboundState.PARKED:
        raise ResolvedAlready(
            gettext_noop("Somebody dealt with this message meanwhile.")
        )


def _skip(message_id: int, reason: str, user: User) -> None:
    try:
        desk.skip(message_id=message_id, reason=reason[:300], by=user)
    except WrongState as error:
        raise ResolvedAlready(error.text) from error


def _record(action: str, message_id: int, user: User) -> None:
    audit.record(action, actor=user, message_id=message_id)
