"""Moves and changed numbers of identifiers, accounts and visits (A41 to A51)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import MergeJournal, Order, Patient, PatientIdentifier, Visit
from orders.requests import Identifier, PatientRequest
from orders.services.identifiers import choose_preferred, find_ids
from orders.services.merging import (
    MergeRefused,
    Moved,
    lock_both,
    move_orders,
    move_visits,
    retire,
    write_journal,
)
from orders.services.patients import create_patient, find_locked
from radflow import unit

Kind = MergeJournal.Kind


class UnknownKey(OrderError):
    """The account, visit or identifier is not known here (error 204)."""

    code = "204"


@unit.atomic
def move_identifier(
    *,
    to: PatientRequest,
    moving: tuple[Identifier, ...],
    cause: Cause,
    event: str = "A43",
) -> MergeJournal:
    """An identifier with its data; refused where it is not clear which data are its.

    Orders name a person, not which of several identifiers: so all of a person with no
    other usable one goes over, and else only what has no data behind it.
    """
    rows = find_ids(moving)
    source = _source(rows)
    target = find_locked(to.identifiers) or create_patient(to, cause)
    if source.pk == target.pk:
        raise MergeRefused("The identifier belongs to that person already.")
    target, source = lock_both(target.pk, source.pk)
    others = source.identifiers.filter(retired_at=None)
    has_others = others.exclude(pk__in=[row.pk for row in rows]).exists()
    orders = list(Order.objects.select_for_update().filter(patient=source))
    visits = list(source.visits.all())
    if has_others and (orders or visits):
        raise MergeRefused(
            "The person has other identifiers and has orders or visits: which of them "
            "go along is for a person to say. Move the visits (A45), then this."
        )
    moved = Moved()
    _reassign(rows, source, target, moved)
    move_visits(visits, target, moved)
    move_orders(orders, target, moved, cause, "Moved to another patient")
    return write_journal(
        Kind.MOVE_IDENTIFIER, target, source, moved, cause, event=event, both=True
    )


def _source(rows: list[PatientIdentifier]) -> Patient:
    ids = {row.patient_id for row in rows}
    if len(ids) != 1:
        raise UnknownKey("MRG names no identifier that one person here has.")
    return Patient.objects.get(pk=ids.pop())


def _reassign(
    rows: Iterable[PatientIdentifier], source: Patient, target: Patient, moved: Moved
) -> None:
    for row in rows:
        moved.identifiers.append(row.pk)
        if row.preferred:
            moved.preferred.append(row.pk)
        row.patient, row.preferred = target, False
        row.save()
    for owner in (source, target):
        choose_preferred(list(owner.identifiers.all()), [])


@unit.atomic
def move_visit(
    *,
    to: PatientRequest,
    visit_number: Identifier,
    cause: Cause,
    event: str = "A45",
) -> MergeJournal:
    """Only this visit's orders change patient."""
    visits = _visits_of(visit_number)
    return _move(to, visits, Kind.MOVE_VISIT, cause, event)


@unit.atomic
def move_account(
    *, to: PatientRequest, account: Identifier, cause: Cause, event: str = "A44"
) -> MergeJournal:
    """All visits of the account, with their orders."""
    visits = _visits_of_account(account)
    return _move(to, visits, Kind.MOVE_ACCOUNT, cause, event)


def _move(
    to: PatientRequest,
    visits: QuerySet[Visit],
    kind: str,
    cause: Cause,
    event: str,
) -> MergeJournal:
    found = list(visits)
    owners = {visit.patient_id for visit in found}
    if len(owners) != 1:
        raise UnknownKey("MRG names no visit or account that one person here has.")
    target = find_locked(to.identifiers) or create_patient(to, cause)
    target, source = lock_both(target.pk, owners.pop())
    moved = Moved()
    if target.pk != source.pk:
        orders = Order.objects.select_for_update().filter(visit__in=found)
        move_visits(found, target, moved)
        move_orders(list(orders.order_by("pk")), target, moved, cause, "Visit moved")
    return write_journal(kind, target, source, moved, cause, event=event, both=True)


@unit.atomic
def merge_visits(
    *, number: Identifier, retired: Identifier, cause: Cause, event: str = "A42"
) -> MergeJournal | None:
    """Orders of the retired visit belong to the other from now on."""
    old = _visits_of(retired).first()
    if old is None:
        return None
    new = _visits_of(number).first()
    if new is None:
        return change_visit_number(old=retired, new=number, cause=cause, event=event)
    survivor, loser = lock_both(new.patient_id, old.patient_id)
    moved = Moved()
    orders = list(Order.objects.select_for_update().filter(visit=old).order_by("pk"))
    for order in orders:
        moved.changed[f"order:{order.pk}"] = {"visit_id": old.pk}
        order.visit = new
    move_orders(orders, survivor, moved, cause, "Visits merged")
    moved.changed[f"visit:{old.pk}"] = {"open": old.open, "cancelled": old.cancelled}
    old.open, old.cancelled = False, True
    old.save()
    return write_journal(Kind.MERGE_VISIT, survivor, loser, moved, cause, event=event)


@unit.atomic
def merge_accounts(
    *, account: Identifier, retired: Identifier, cause: Cause, event: str = "A41"
) -> MergeJournal | None:
    return _renumber(
        _visits_of_account(retired),
        {
            "account_number": account.value,
            "account_authority": account.assigning_authority,
        },
        Kind.MERGE_ACCOUNT if event in ("A35", "A36", "A41") else Kind.CHANGE_ACCOUNT,
        cause,
        event,
    )


@unit.atomic
def change_visit_number(
    *, old: Identifier, new: Identifier, cause: Cause, event: str = "A50"
) -> MergeJournal | None:
    if _visits_of(new).exists():
        raise MergeRefused("The new visit number belongs to another visit already.")
    values = {"number": new.value, "assigning_authority": new.assigning_authority}
    return _renumber(_visits_of(old), values, Kind.CHANGE_VISIT, cause, event)


@unit.atomic
def change_alternate_visit(
    *, old: Identifier, new: str, cause: Cause, event: str = "A51"
) -> MergeJournal | None:
    visits = Visit.objects.filter(alternate_number=old.value)
    values = {"alternate_number": new}
    return _renumber(visits, values, Kind.CHANGE_VISIT, cause, event)


def _renumber(
    visits: QuerySet[Visit],
    values: dict[str, str],
    kind: str,
    cause: Cause,
    event: str,
) -> MergeJournal | None:
    """None where nobody here has the old number: there is nothing to change."""
    found = list(visits.select_for_update(no_key=True).order_by("pk"))
    if not found:
        return None
    moved = Moved()
    for visit in found:
        moved.changed[f"visit:{visit.pk}"] = {n: getattr(visit, n) for n in values}
        for name, value in values.items():
            setattr(visit, name, value)
        visit.save()
    patient = Patient.objects.select_for_update().get(pk=found[0].patient_id)
    return write_journal(kind, patient, patient, moved, cause, event=event)


@unit.atomic
def change_identifier(
    *,
    patient: PatientRequest,
    retired: tuple[Identifier, ...],
    cause: Cause,
    event: str = "A47",
) -> MergeJournal | None:
    """The same person under a new identifier, which nobody may have yet."""
    rows = find_ids(retired)
    owners = {row.patient_id for row in rows}
    taken = {row.patient_id for row in find_ids(patient.identifiers)} - owners
    if taken:
        raise MergeRefused("The new identifier belongs to another person already.")
    if not rows:
        create_patient(patient, cause)
        return None
    owner = Patient.objects.select_for_update().get(pk=_source(rows).pk)
    known = {(r.value, r.assigning_authority, r.type) for r in owner.identifiers.all()}
    fresh = [
        PatientIdentifier(patient=owner, **vars(one))
        for one in patient.identifiers
        if (one.value, one.assigning_authority, one.type) not in known
    ]
    PatientIdentifier.objects.bulk_create(fresh)
    moved = Moved()
    retire([row for row in rows if row.retired_at is None], owner, moved)
    moved.changed = {f"added:{row.pk}": {} for row in fresh}
    return write_journal(Kind.CHANGE_ID, owner, owner, moved, cause, event=event)


def _visits_of(number: Identifier) -> QuerySet[Visit]:
    return Visit.objects.filter(
        number=number.value, assigning_authority=number.assigning_authority
    )


def _visits_of_account(account: Identifier) -> QuerySet[Visit]:
    return Visit.objects.filter(account_number=account.value).filter(
        account_authority__in=("", account.assigning_authority)
    )
