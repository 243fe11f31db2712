"""The identifiers of people: found, added, ranked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orders.models import AssigningAuthority, Patient, PatientIdentifier
from orders.requests import Identifier

UNRANKED = 100


def identifier_of(row: PatientIdentifier) -> Identifier:
    return Identifier(row.value, row.assigning_authority, row.type)


def find_ids(identifiers: Iterable[Identifier]) -> list[PatientIdentifier]:
    """The rows of these identifiers, merged ones included: they lead to survivors."""
    wanted = set(identifiers)
    if not wanted:
        return []
    found = PatientIdentifier.objects.filter(value__in={one.value for one in wanted})
    return [row for row in found if identifier_of(row) in wanted]


def names_retired(identifiers: tuple[Identifier, ...]) -> bool:
    """Nothing but what a merge or a change has taken out of use."""
    rows = find_ids(identifiers)
    return bool(rows) and all(row.retired_at for row in rows)


def add_identifiers(
    patient: Patient,
    identifiers: Sequence[Identifier],
    known: Sequence[PatientIdentifier] | None = None,
) -> list[PatientIdentifier]:
    """Returns those the person did not have; `known` spares reading what it has."""
    rows = list(patient.identifiers.all()) if known is None else list(known)
    held = {identifier_of(row) for row in rows}
    fresh = [
        PatientIdentifier(patient=patient, **vars(one))
        for one in dict.fromkeys(identifiers)
        if one not in held
    ]
    if fresh:
        choose_preferred(rows, fresh)
        PatientIdentifier.objects.bulk_create(fresh)
    return fresh


def choose_preferred(
    known: Sequence[PatientIdentifier], fresh: Sequence[PatientIdentifier]
) -> None:
    """By the authority's rank, then type MR, then age; saves those of `known`."""
    usable = [row for row in (*known, *fresh) if row.retired_at is None]
    if not usable:
        return
    ranks = _ranks({row.assigning_authority for row in usable})
    best = min(
        usable,
        key=lambda row: (
            ranks.get(row.assigning_authority, UNRANKED),
            row.type != "MR",
            row.pk or float("inf"),
        ),
    )
    # The old one first: the database allows one preferred at a time.
    changed = [row for row in known if row.preferred != (row is best)]
    for row in sorted(changed, key=lambda row: row is best):
        row.preferred = row is best
        row.save(update_fields=["preferred"])
    for row in fresh:
        row.preferred = row is best


def _ranks(names: set[str]) -> dict[str, int]:
    """One authority alone needs no rank."""
    if len(names) < 2:
        return {}
    found = AssigningAuthority.objects.filter(name__in=names)
    return dict(found.values_list("name", "rank"))
