"""Moves and changed numbers of identifiers, accounts and visits (A41 to A51)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError, PatientMismatch
from orders.models import MergeJournal, Order, Patient, PatientIdentifier, Visit
from orders.requests import Identifier, PatientRequest
from orders.services.identifiers import choose_preferred, find_ids, identifier_of
from orders.services.merging import (
    MergeRefused,
    Moved,
    add_aliases,
    find_one,
    move_orders,
    move_visits,
    retire,
    write_journal,
)
from orders.services.patients import (
    create_patient,
    find_locked,
    lock_both,
    refuse_conflict,
)
from orders.services.reassigning import MOVED, VISIT_MOVED, VISITS_MERGED
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
    target = find_one(to.identifiers) or create_patient(to, cause)
    if source.pk == target.pk:
        raise MergeRefused(
            gettext_noop("The identifier belongs to that person already.")
        )
    target, source = lock_both(target.pk, source.pk)
    refuse_conflict(target, to)
    others = source.identifiers.filter(retired_at=None)
    has_others = others.exclude(pk__in=[row.pk for row in rows]).exists()
    orders = list(Order.objects.select_for_update().filter(patient=source))
    visits = list(source.visits.all())
    if has_others and (orders or visits):
        raise MergeRefused(
            gettext_noop(
                "The person has other identifiers and has orders or visits: which of "
                "them go along is for a person to say. Move the visits (A45), then "
                "this."
            )
        )
    moved = Moved()
    _reassign(rows, source, target, moved)
    move_visits(visits, target, moved)
    move_orders(orders, target, moved, cause, MOVED)
    return write_journal(
        Kind.MOVE_IDENTIFIER, target, source, moved, cause, event=event, both=True
    )


def _source(rows: list[PatientIdentifier]) -> Patient:
    ids = {row.patient_id for row in rows}
    if len(ids) != 1:
        raise UnknownKey(
            gettext_noop("MRG names no identifier that one person here has.")
        )
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
    source: tuple[Identifier, ...] = (),
    visit_number: Identifier,
    new_number: Identifier | None = None,
    cause: Cause,
    event: str = "A45",
) -> MergeJournal | None:
    """Only this visit's orders change patient; it may get another number on the way.

    `source` is the person who is said to have had it.
    """
    visits = _visits_of(visit_number)
    if new_number in (None, visit_number):
        return _move(to, source, visits, Kind.MOVE_VISIT, cause, event)
    there = _visits_of(new_number).first()
    if there is None:
        values = _number_of(new_number)
        return _move(to, source, visits, Kind.MOVE_VISIT, cause, event, values)
    _refuse_stranger([there], to)
    journal = _move(to, source, visits, Kind.MOVE_VISIT, cause, event)
    merge_visits(patient=to, number=new_number, retired=visit_number, cause=cause)
    return journal


@unit.atomic
def move_account(
    *,
    to: PatientRequest,
    source: tuple[Identifier, ...] = (),
    account: Identifier,
    cause: Cause,
    event: str = "A44",
) -> MergeJournal | None:
    """All visits of the account, with their orders."""
    visits = _visits_of_account(account)
    return _move(to, source, visits, Kind.MOVE_ACCOUNT, cause, event)


def _move(
    to: PatientRequest,
    source: tuple[Identifier, ...],
    visits: QuerySet[Visit],
    kind: str,
    cause: Cause,
    event: str,
    values: dict[str, str] | None = None,
) -> MergeJournal | None:
    """None where they are that person's already; `values` change on the way."""
    owners = set(visits.values_list("patient_id", flat=True))
    if len(owners) != 1:
        raise UnknownKey(
            gettext_noop("MRG names no visit or account that one person here has.")
        )
    target = find_one(to.identifiers) or create_patient(to, cause)
    target, owner = lock_both(target.pk, owners.pop())
    refuse_conflict(target, to)
    if target.pk == owner.pk:
        return None
    if source and {row.patient_id for row in find_ids(source)} != {owner.pk}:
        raise PatientMismatch(
            gettext_noop(
                "The visit or account to move belongs to another patient than MRG-1 "
                "names. Nothing was moved: compare both and correct the sender."
            )
        )
    moved, found = Moved(), list(visits.order_by("pk"))
    for visit in found:
        moved.change(visit, values or {})
    orders = Order.objects.select_for_update().filter(visit__in=found)
    move_visits(found, target, moved)
    move_orders(list(orders.order_by("pk")), target, moved, cause, VISIT_MOVED)
    return write_journal(kind, target, owner, moved, cause, event=event, both=True)


@unit.atomic
def merge_visits(
    *,
    patient: PatientRequest,
    number: Identifier,
    retired: Identifier,
    cause: Cause,
    event: str = "A42",
) -> MergeJournal | None:
    """Orders of the retired visit belong to the other, of the same person."""
    old = _visits_of(retired).first()
    if old is None:
        return None
    new = _visits_of(number).first()
    if new is None:
        return change_visit_number(
            patient=patient, old=retired, new=number, cause=cause, event=event
        )
    owner = _refuse_stranger([old, new], patient)
    moved = Moved()
    orders = list(Order.objects.select_for_update().filter(visit=old).order_by("pk"))
    for order in orders:
        moved.change(order, {"visit_id": new.pk})
    move_orders(orders, owner, moved, cause, VISITS_MERGED)
    moved.change(old, {"open": False, "cancelled": True})
    old.save()
    return write_journal(Kind.MERGE_VISIT, owner, owner, moved, cause, event=event)


@unit.atomic
def merge_accounts(
    *,
    patient: PatientRequest,
    account: Identifier,
    retired: Identifier,
    cause: Cause,
    event: str = "A41",
) -> MergeJournal | None:
    """An account that stands for the visit number stays what it stands for."""
    values = {
        "account_number": account.value,
        "account_authority": account.assigning_authority,
    }
    if not _visits_of(account).exists():
        standing = _visits_of(retired).filter(account_number=retired.value)
        change = _number_of(account)
    else:
        standing, change = Visit.objects.none(), {}
    kind = Kind.CHANGE_ACCOUNT if event == "A49" else Kind.MERGE_ACCOUNT
    keep = set(standing.values_list("pk", flat=True))
    return _renumber(
        patient,
        _visits_of_account(retired),
        lambda visit: {**values, **(change if visit.pk in keep else {})},
        kind,
        cause,
        event,
    )


@unit.atomic
def change_visit_number(
    *,
    patient: PatientRequest,
    old: Identifier,
    new: Identifier,
    cause: Cause,
    event: str = "A50",
) -> MergeJournal | None:
    if _visits_of(new).exists():
        raise MergeRefused(
            gettext_noop("The new visit number belongs to another visit already.")
        )
    values = _number_of(new)
    kind = Kind.CHANGE_VISIT
    return _renumber(patient, _visits_of(old), lambda _: values, kind, cause, event)


@unit.atomic
def change_alternate_visit(
    *,
    patient: PatientRequest,
    old: Identifier,
    new: str,
    cause: Cause,
    event: str = "A51",
) -> MergeJournal | None:
    visits = Visit.objects.filter(alternate_number=old.value)
    values = {"alternate_number": new}
    kind = Kind.CHANGE_VISIT
    return _renumber(patient, visits, lambda _: values, kind, cause, event)


def _renumber(
    patient: PatientRequest,
    visits: QuerySet[Visit],
    values: Callable[[Visit], dict[str, str]],
    kind: str,
    cause: Cause,
    event: str,
) -> MergeJournal | None:
    """None where nobody here has the old number: there is nothing to change."""
    if not visits.exists():
        return None
    owner = _refuse_stranger(visits, patient)
    moved = Moved()
    for visit in visits.select_for_update(no_key=True).order_by("pk"):
        moved.change(visit, values(visit))
        visit.save()
    return write_journal(kind, owner, owner, moved, cause, event=event)


def _refuse_stranger(visits: Iterable[Visit], named: PatientRequest) -> Patient:
    """The owner of all of them, locked: whom PID names, by both identifiers."""
    owner = find_locked(named.identifiers)
    if owner is None or any(visit.patient_id != owner.pk for visit in visits):
        raise PatientMismatch(
            gettext_noop(
                "The visit or account belongs to another patient than PID names. "
                "Nothing was changed: compare both and correct the sender."
            )
        )
    refuse_conflict(owner, named)
    return owner


def _number_of(number: Identifier) -> dict[str, str]:
    return {"number": number.value, "assigning_authority": number.assigning_authority}


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
    held = find_ids(patient.identifiers)
    if {row.patient_id for row in held} - owners:
        raise MergeRefused(
            gettext_noop("The new identifier belongs to another person already.")
        )
    if not rows:
        owner = create_patient(patient, cause)
        moved = Moved()
        add_aliases(owner, retired, moved)
        return write_journal(Kind.CHANGE_ID, owner, owner, moved, cause, event=event)
    owner = Patient.objects.select_for_update().get(pk=_source(rows).pk)
    refuse_conflict(owner, patient)
    going = [row for row in rows if row.retired_at is None]
    fresh = _unknown(patient.identifiers, held)
    if not going and not fresh:
        return None
    _refuse_used(held, going)
    if not fresh and not _others_usable(owner, going):
        return None
    PatientIdentifier.objects.bulk_create(
        rows_made := [PatientIdentifier(patient=owner, **vars(one)) for one in fresh]
    )
    moved = Moved(changed={f"added:{row.pk}": {} for row in rows_made})
    retire(going, owner, moved)
    return write_journal(Kind.CHANGE_ID, owner, owner, moved, cause, event=event)


def _unknown(
    identifiers: tuple[Identifier, ...], held: list[PatientIdentifier]
) -> list[Identifier]:
    known = {identifier_of(row) for row in held}
    return [one for one in identifiers if one not in known]


def _refuse_used(held: list[PatientIdentifier], going: list[PatientIdentifier]) -> None:
    """An identifier out of use is not taken up again: whose it is, a person says."""
    if going and held and all(row.retired_at for row in held):
        raise MergeRefused(
            gettext_noop(
                "The new identifier was in use before, and was merged or changed away. "
                "Take that back on the patient’s page if it is right again."
            )
        )


def _others_usable(owner: Patient, going: list[PatientIdentifier]) -> bool:
    usable = owner.identifiers.filter(retired_at=None)
    return usable.exclude(pk__in=[row.pk for row in going]).exists()


def _visits_of(number: Identifier) -> QuerySet[Visit]:
    return Visit.objects.filter(
        number=number.value, assigning_authority=number.assigning_authority
    )


def _visits_of_account(account: Identifier) -> QuerySet[Visit]:
    return Visit.objects.filter(
        account_number=account.value, account_authority=account.assigning_authority
    )
