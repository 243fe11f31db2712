"""Merges (A40 and kin): all of one person goes to another, and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders import signals
from orders.cause import Cause
from orders.exceptions import OrderError, PatientMismatch
from orders.hl7 import outbound
from orders.identity import Comparison, compare
from orders.models import (
    MergeJournal,
    Order,
    Patient,
    PatientIdentifier,
    Visit,
)
from orders.requests import Identifier, PatientRequest
from orders.services.identifiers import (
    add_identifiers,
    choose_preferred,
    find_ids,
    identifier_of,
)
from orders.services.linking import move_links
from orders.services.patients import (
    create_patient,
    lock_both,
    record,
    refuse_conflict,
)
from orders.services.provenance import keep_source
from orders.services.reassigning import MERGED, reassign
from radflow import unit
from radflow.live import services as live

Kind = MergeJournal.Kind


class MergeRefused(OrderError):
    """The identifiers contradict an earlier merge (error 205)."""

    code = "205"


class IdentifierUnlike(OrderError):
    """The retired identifier is of another kind than the survivor's (error 102)."""

    code = "102"


class MergeDoubtful(PatientMismatch):
    """Both have a name and a birth date, and they differ: a person must confirm."""

    code = "MERGE_DOUBTFUL"


@dataclass
class Moved:
    """What goes over, by row; `changed` is `{"visit:7": {"account_number": old}}`.

    There, `alias:7` went along as it was, `added:7` is a new number of the survivor,
    `made:7` an alias made from the message and `link:7` a link (linking.move_links).
    """

    identifiers: list[int] = field(default_factory=list)
    preferred: list[int] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)
    became: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())

    def change(self, row: Order | Patient | Visit, values: dict[str, Any]) -> None:
        """Set them, and remember both: what was changed again since stays."""
        if not values:
            return
        key = f"{row._meta.model_name}:{row.pk}"
        self.changed[key] = {name: getattr(row, name) for name in values}
        self.became[key] = values
        for name, value in values.items():
            setattr(row, name, value)


@unit.atomic
def merge_patients(
    *,
    survivor: PatientRequest,
    retired: tuple[Identifier, ...],
    cause: Cause,
    prior_name: PatientRequest | None = None,
    event: str = "",
    confirmed: bool = False,
) -> MergeJournal | None:
    """Bring what `retired` names to the survivor; None where it is there already.

    Unknown survivors are made from the message, unknown retired identifiers become
    aliases. `prior_name` is what the message calls the retired person. Raises
    PatientMismatch where the message means somebody else than the file, MergeRefused
    for a reversed pair, MergeDoubtful unless `confirmed`.
    """
    left = tuple(one for one in survivor.identifiers if one not in retired)
    survivor = replace(survivor, identifiers=left or survivor.identifiers)
    _refuse_unlike(survivor.identifiers, retired)
    _refuse_reversed(survivor.identifiers, retired)
    winner = find_one(survivor.identifiers) or create_patient(survivor, cause)
    loser = find_one(retired) or winner
    winner, loser = lock_both(winner.pk, loser.pk)
    if winner.merged_into_id or loser.merged_into_id:
        raise MergeRefused(
            gettext_noop("One of them was merged meanwhile. Apply the message again.")
        )
    refuse_conflict(winner, survivor)
    add_identifiers(winner, left)
    if loser.pk == winner.pk:
        return _retire_own(winner, retired, cause, event)
    if not confirmed:
        _refuse_doubtful(winner, loser, prior_name)
    return merge_locked(winner, loser, cause, event=event, named=retired)


def _refuse_doubtful(
    winner: Patient, loser: Patient, prior_name: PatientRequest | None
) -> None:
    verdicts = [compare(winner, _as_request(loser))]
    if prior_name is not None:
        verdicts.append(compare(loser, prior_name))
    if Comparison.CONFLICT in verdicts:
        raise MergeDoubtful(
            gettext_noop(
                "The two people to merge differ in name, birth date or sex. Compare "
                "both; merge them on the patient’s page if they are one, and skip this"
                " message."
            )
        )


@unit.atomic
def merge_by_hand(*, survivor_id: int, retired_id: int, cause: Cause) -> MergeJournal:
    """A person has compared both and says that they are one."""
    if survivor_id == retired_id:
        raise MergeRefused(gettext_noop("Both are the same person."))
    winner, loser = lock_both(survivor_id, retired_id)
    if winner.merged_into_id or loser.merged_into_id:
        raise MergeRefused(
            gettext_noop("One of them was merged meanwhile. Look again.")
        )
    return merge_locked(winner, loser, cause, event="")


def merge_locked(
    winner: Patient,
    loser: Patient,
    cause: Cause,
    *,
    event: str,
    named: tuple[Identifier, ...] = (),
) -> MergeJournal:
    """`named` are the identifiers to retire, as far as the message says which."""
    moved = Moved()
    _move_identifiers(loser, winner, named, moved)
    add_aliases(winner, named, moved)
    _bring_warnings(loser, winner, moved, cause)
    move_links(loser, winner, moved.changed, moved.became, cause)
    move_visits(list(loser.visits.all()), winner, moved)
    move_orders(list(_orders_of(loser)), winner, moved, cause, MERGED)
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
            gettext_noop(
                "The survivor of this merge was merged into the other one before. Undo "
                "that merge on the patient’s page if this one is right."
            )
        )


def _refuse_unlike(
    survivor: tuple[Identifier, ...], retired: tuple[Identifier, ...]
) -> None:
    """One number stands for another of the same kind (section 10)."""
    kinds = {(one.assigning_authority, one.type) for one in survivor}
    if not any((one.assigning_authority, one.type) in kinds for one in retired):
        raise IdentifierUnlike(
            gettext_noop(
                "MRG-1 is of another authority or type than every identifier in PID-3,"
                " so it cannot stand for one of them. Correct the sender, or merge by "
                "hand."
            )
        )


def find_one(identifiers: tuple[Identifier, ...]) -> Patient | None:
    ids = {row.patient_id for row in find_ids(identifiers)}
    if len(ids) > 1:
        raise PatientMismatch(
            gettext_noop(
                "The identifiers of one side of the merge belong to two people. "
                "Correct the sender, or merge them by hand one after the other."
            )
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


def add_aliases(
    owner: Patient, identifiers: tuple[Identifier, ...], moved: Moved
) -> None:
    """Nobody here had them: whoever still uses one means the owner from now on."""
    known = {identifier_of(row) for row in find_ids(identifiers)}
    rows = [
        PatientIdentifier(patient=owner, **vars(one), retired_at=timezone.now())
        for one in identifiers
        if one not in known
    ]
    PatientIdentifier.objects.bulk_create(rows)
    moved.changed |= {f"made:{row.pk}": {} for row in rows}


def _retire_own(
    winner: Patient, retired: tuple[Identifier, ...], cause: Cause, event: str
) -> MergeJournal | None:
    """No second person has them: they go out of use, known or not."""
    rows = [row for row in find_ids(retired) if row.retired_at is None]
    others = winner.identifiers.filter(retired_at=None).exclude(
        pk__in=[row.pk for row in rows]
    )
    moved = Moved()
    if others.exists():
        add_aliases(winner, retired, moved)
        retire(rows, winner, moved)
    if moved.is_empty:
        return None
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


def _move_identifiers(
    loser: Patient, winner: Patient, named: tuple[Identifier, ...], moved: Moved
) -> None:
    """What is named goes out of use, and what the survivor has of the same kind.

    A national number, say, stays one; so do aliases of merges before.
    """
    rows = list(loser.identifiers.all())
    active = [row for row in rows if row.retired_at is None]
    names = set(named)
    kinds = set(
        winner.identifiers.filter(retired_at=None).values_list(
            "assigning_authority", "type"
        )
    )
    going = [
        row
        for row in active
        if identifier_of(row) in names or (row.assigning_authority, row.type) in kinds
    ]
    going = going or active
    for row in rows:
        if row not in going:
            row.patient, row.preferred = winner, False
            row.save(update_fields=["patient", "preferred"])
            moved.changed[f"alias:{row.pk}"] = {}
    retire(going, winner, moved)


def _bring_warnings(
    loser: Patient, winner: Patient, moved: Moved, cause: Cause
) -> None:
    """An allergy known of either is one of the person: losing it harms."""
    values: dict[str, Any] = {}
    for name in ("allergies", "alerts"):
        known = getattr(winner, name)
        if fresh := [one for one in getattr(loser, name) if one not in known]:
            values[name] = [*known, *fresh]
    if winner.pregnancy is None and loser.pregnancy is not None:
        values["pregnancy"] = loser.pregnancy
    was = {name: getattr(winner, name) for name in values}
    moved.change(winner, values)
    keep_source(winner, was=was, now=values, sources={}, cause=cause)


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
    """`title` is one of orders.services.reassigning."""
    for order in orders:
        reassign(order, to, title=title, detail=f"{cause.name}.", cause=cause)
        moved.orders.append(order.pk)


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
        retired_identifier=_number_of(moved),
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


def _number_of(moved: Moved) -> str:
    """By which the retired record was known: preferred, or else the first."""
    for pk in (*moved.preferred, *moved.identifiers):
        return PatientIdentifier.objects.values_list("value", flat=True).get(pk=pk)
    return ""
