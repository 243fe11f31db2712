"""Merges (A40 and kin): all of one person goes to another, and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from orders import signals
from orders.cause import Cause
from orders.exceptions import OrderError, PatientMismatch
from orders.hl7 import outbound
from orders.identity import Comparison, compare
from orders.lifecycle import ExamState
from orders.models import (
    MergeJournal,
    Order,
    OrderEvent,
    Patient,
    PatientIdentifier,
    ReportStatus,
    Visit,
)
from orders.requests import Identifier, PatientRequest
from orders.services.events import note_on, save
from orders.services.identifiers import choose_preferred, find_ids
from orders.services.patients import create_patient, record
from radflow import unit
from radflow.live import services as live

Kind = MergeJournal.Kind
_SIGNED = (
    ReportStatus.FINAL,
    ReportStatus.CORRECTED,
    ReportStatus.ADDENDED,
)
WHILE_RUNNING = (
    "The patient was merged while the exam runs. Compare with the wristband before "
    "going on."
)
AFTER_SIGNING = (
    "The patient changed after the report was signed. Send a correction to those who "
    "have the report."
)


class MergeRefused(OrderError):
    """The identifiers contradict an earlier merge (error 205)."""

    code = "205"


class MergeDoubtful(PatientMismatch):
    """Both have a name and a birth date, and they differ: a person must confirm."""

    code = "MERGE_DOUBTFUL"


@dataclass
class Moved:
    """What goes over, by row; `changed` is `{"visit:7": {"account_number": old}}`."""

    identifiers: list[int] = field(default_factory=list)
    preferred: list[int] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())


@unit.atomic
def merge_patients(
    *,
    survivor: PatientRequest,
    retired: tuple[Identifier, ...],
    cause: Cause,
    event: str = "",
    confirmed: bool = False,
) -> MergeJournal | None:
    """Bring what `retired` names to the survivor; None where it is there already.

    Unknown survivors are made from the message, unknown retired identifiers become
    aliases. Raises MergeRefused for a reversed pair, MergeDoubtful unless `confirmed`.
    """
    _refuse_reversed(survivor.identifiers, retired)
    winner = _one(survivor.identifiers) or create_patient(survivor, cause)
    loser = _one(retired)
    if loser is None or loser.pk == winner.pk:
        winner = Patient.objects.select_for_update().get(pk=winner.pk)
    if loser is None:
        return _keep_alias(winner, retired, cause, event)
    if loser.pk == winner.pk:
        return _retire_own(winner, retired, cause, event)
    winner, loser = lock_both(winner.pk, loser.pk)
    if not confirmed and compare(winner, _as_request(loser)) is Comparison.CONFLICT:
        raise MergeDoubtful(
            "The two people to merge differ in name, birth date or sex. Compare both; "
            "merge them on the patient’s page if they are one, and skip this message."
        )
    return merge_locked(winner, loser, cause, event=event)


@unit.atomic
def merge_by_hand(*, survivor_id: int, retired_id: int, cause: Cause) -> MergeJournal:
    """A person has compared both and says that they are one."""
    if survivor_id == retired_id:
        raise MergeRefused("Both are the same person.")
    winner, loser = lock_both(survivor_id, retired_id)
    if winner.merged_into_id or loser.merged_into_id:
        raise MergeRefused("One of them was merged meanwhile. Look again.")
    return merge_locked(winner, loser, cause, event="")


def merge_locked(
    winner: Patient, loser: Patient, cause: Cause, *, event: str
) -> MergeJournal:
    moved = Moved()
    _move_identifiers(loser, winner, moved)
    move_visits(list(loser.visits.all()), winner, moved)
    move_orders(list(_orders_of(loser)), winner, moved, cause, "Patient merged")
    loser.merged_into = winner
    journal = write_journal(
        Kind.MERGE, winner, loser, moved, cause, event=event, both=True
    )
    retired = PatientIdentifier.objects.filter(pk__in=moved.identifiers)
    outbound.send_merge(winner, list(retired.order_by("pk")), cause)
    signals.patients_merged.send(
        Patient, survivor=winner, retired=loser, journal=journal, cause=cause
    )
    return journal


def lock_both(first: int, second: int) -> tuple[Patient, Patient]:
    """Locked in the order of their ids, given back in the order asked for."""
    found = Patient.objects.select_for_update().filter(pk__in=(first, second))
    rows = {row.pk: row for row in found.order_by("pk")}
    return rows[first], rows[second]


def _refuse_reversed(
    survivor: tuple[Identifier, ...], retired: tuple[Identifier, ...]
) -> None:
    """The survivor was merged into the other before; undoing is for people."""
    if set(survivor) & set(retired):
        return
    named = find_ids(survivor)
    losers = {row.patient_id for row in find_ids(retired) if row.retired_at is None}
    if named and all(row.retired_at and row.patient_id in losers for row in named):
        raise MergeRefused(
            "The survivor of this merge was merged into the other one before. Undo "
            "that merge on the patient’s page if this one is right."
        )


def _one(identifiers: tuple[Identifier, ...]) -> Patient | None:
    ids = {row.patient_id for row in find_ids(identifiers)}
    if len(ids) > 1:
        raise PatientMismatch(
            "The identifiers of one side of the merge belong to two people. Correct "
            "the sender, or merge them by hand one after the other."
        )
    return Patient.objects.get(pk=ids.pop()) if ids else None


def _as_request(patient: Patient) -> PatientRequest:
    return PatientRequest(
        identifiers=(),
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date_text=patient.birth_date_text,
        sex=patient.sex,
    )


def _keep_alias(
    winner: Patient, retired: tuple[Identifier, ...], cause: Cause, event: str
) -> MergeJournal | None:
    """Nobody here had it: whoever still uses it means the survivor from now on."""
    if not retired:
        return None
    rows = [
        PatientIdentifier(
            patient=winner,
            value=one.value,
            assigning_authority=one.assigning_authority,
            type=one.type,
            retired_at=timezone.now(),
        )
        for one in retired
    ]
    PatientIdentifier.objects.bulk_create(rows)
    moved = Moved(identifiers=[row.pk for row in rows])
    return write_journal(Kind.CHANGE_ID, winner, winner, moved, cause, event=event)


def _retire_own(
    winner: Patient, retired: tuple[Identifier, ...], cause: Cause, event: str
) -> MergeJournal | None:
    """Both identifiers are of one person already: the old one goes out of use."""
    rows = [row for row in find_ids(retired) if row.retired_at is None]
    others = winner.identifiers.filter(retired_at=None).exclude(
        pk__in=[row.pk for row in rows]
    )
    if not rows or not others.exists():
        return None
    moved = Moved()
    retire(rows, winner, moved)
    return write_journal(Kind.CHANGE_ID, winner, winner, moved, cause, event=event)


def retire(rows: list[PatientIdentifier], owner: Patient, moved: Moved) -> None:
    """Out of use: they lead to `owner` from now on, and are never preferred."""
    for row in rows:
        moved.identifiers.append(row.pk)
        if row.preferred:
            moved.preferred.append(row.pk)
        row.patient, row.preferred = owner, False
        row.retired_at = row.retired_at or timezone.now()
        row.save()
    choose_preferred(list(owner.identifiers.all()), [])


def _move_identifiers(loser: Patient, winner: Patient, moved: Moved) -> None:
    """Aliases of the loser, of merges before, go along and stay aliases."""
    rows = list(loser.identifiers.all())
    active = [row for row in rows if row.retired_at is None]
    for row in rows:
        if row.retired_at is not None:
            row.patient = winner
            row.save(update_fields=["patient"])
            moved.changed[f"alias:{row.pk}"] = {}
    retire(active, winner, moved)


def move_visits(visits: list[Visit], to: Patient, moved: Moved) -> None:
    for visit in visits:
        visit.patient = to
        visit.save()
        moved.visits.append(visit.pk)


def _orders_of(patient: Patient) -> list[Order]:
    found = Order.objects.select_for_update().filter(patient=patient)
    return list(found.order_by("pk"))


def move_orders(
    orders: list[Order], to: Patient, moved: Moved, cause: Cause, title: str
) -> None:
    """With report, study and critical case, which are the order's."""
    for order in orders:
        order.patient = to
        if order.status == ExamState.IN_PROGRESS:
            order.needs_attention = WHILE_RUNNING
        elif order.report_status in _SIGNED:
            order.needs_attention = AFTER_SIGNING
        save(order)
        moved.orders.append(order.pk)
        note_on(
            order,
            kind=OrderEvent.Kind.STOP,
            title=title,
            detail=f"{cause.name}. {order.needs_attention}".strip()[:500],
            cause=cause,
        )


def write_journal(
    kind: str,
    survivor: Patient,
    retired: Patient,
    moved: Moved,
    cause: Cause,
    *,
    event: str = "",
    both: bool = False,
    at: datetime | None = None,
) -> MergeJournal:
    """The row that can take it back; both people are saved as seen anew."""
    journal = MergeJournal.objects.create(
        kind=kind,
        event=event,
        survivor=survivor,
        retired=retired,
        at=at or cause.at,
        inbound_id=cause.inbound_id,
        user=cause.user,
        actor=cause.actor,
        moved=vars(moved),
    )
    for patient in {survivor.pk: survivor, retired.pk: retired}.values():
        patient.version += 1
        patient.save()
        live.publish("patient", patient.pk, patient.version)
    record(f"patient_{kind}", survivor, cause)
    if both:
        record(f"patient_{kind}_retired", retired, cause)
    return journal
