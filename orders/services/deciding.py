"""What a person decides on two records that look alike: one person, or two."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import DuplicateCandidate, MergeJournal
from orders.services.merging import merge_by_hand
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live

State = DuplicateCandidate.State


class DecidedAlready(OrderError):
    code = "PAIR_DECIDED"


@unit.atomic
def merge_pair(*, candidate_id: int, survivor_id: int, cause: Cause) -> MergeJournal:
    """One person: the other record goes over to the survivor.

    Raises DecidedAlready, or MergeRefused where one was merged meanwhile.
    """
    pair = _open(candidate_id)
    people = (pair.first_id, pair.second_id)
    retired_id = people[survivor_id == people[0]]
    journal = merge_by_hand(survivor_id=survivor_id, retired_id=retired_id, cause=cause)
    _decide(pair, State.MERGED, "", cause)
    return journal


@unit.atomic
def dismiss_pair(*, candidate_id: int, note: str, cause: Cause) -> DuplicateCandidate:
    """Two people: never proposed again. Raises DecidedAlready."""
    pair = _open(candidate_id)
    _decide(pair, State.DISMISSED, note, cause)
    return pair


def _open(candidate_id: int) -> DuplicateCandidate:
    pair = DuplicateCandidate.objects.select_for_update().get(pk=candidate_id)
    if pair.state != State.OPEN:
        raise DecidedAlready(
            gettext_noop("Somebody has decided this meanwhile. Look again.")
        )
    return pair


def _decide(pair: DuplicateCandidate, state: State, note: str, cause: Cause) -> None:
    pair.state, pair.note = state, note[:300]
    pair.decided_at, pair.decided_by = timezone.now(), cause.user
    pair.save()
    for patient_id in (pair.first_id, pair.second_id):
        live.publish("patient", patient_id)
        audit.record(
            f"duplicate_{state.value}",
            actor=cause.user,
            actor_text=cause.actor,
            patient_id=patient_id,
            detail={"pair": pair.pk},
        )
