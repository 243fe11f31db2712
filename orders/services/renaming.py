"""Another spelling of an authority becomes its name in what is kept already (10)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from orders.models import PatientIdentifier, Visit
from orders.services.duplicates import SPELLING, propose_pair
from orders.services.identifiers import choose_preferred
from orders.services.patients import touch
from radflow import unit
from radflow.audit import services as audit


@unit.atomic
def rename_authority(*, old: str, new: str) -> int:
    """Returns how many identifiers and visits were renamed.

    One that exists under the new name already keeps the old: if another person has
    that, the two are proposed as duplicates. Nothing renames back.
    """
    renamed = _rename_identifiers(old, new) + _rename_visits(old, new)
    detail = {"from": old, "to": new, "renamed": renamed}
    audit.record("authority_renamed", detail=detail)
    return renamed


def _rename_identifiers(old: str, new: str) -> int:
    rows = PatientIdentifier.objects.filter(assigning_authority=old)
    twins = PatientIdentifier.objects.filter(
        assigning_authority=new, value=OuterRef("value"), type=OuterRef("type")
    )
    other = Subquery(twins.values("patient_id")[:1])
    clashing = rows.filter(Exists(twins)).annotate(other=other).order_by("pk")
    for one, twin in clashing.values_list("patient_id", "other"):
        propose_pair(one, twin, SPELLING)
    free = rows.filter(~Exists(twins))
    owners = set(free.values_list("patient_id", flat=True))
    renamed = free.update(assigning_authority=new)
    _rank_anew(PatientIdentifier.objects.filter(patient__in=owners), old, new)
    touch(owners)
    return renamed


def _rank_anew(of_owners: QuerySet[PatientIdentifier], old: str, new: str) -> None:
    """Whoever has identifiers of others too may prefer another one now."""
    others = of_owners.exclude(assigning_authority__in=(old, new))
    for owner in set(others.values_list("patient_id", flat=True)):
        choose_preferred(list(PatientIdentifier.objects.filter(patient=owner)), [])


def _rename_visits(old: str, new: str) -> int:
    Visit.objects.filter(account_authority=old).update(account_authority=new)
    there = Visit.objects.filter(assigning_authority=new, number=OuterRef("number"))
    rows = Visit.objects.filter(~Exists(there), assigning_authority=old)
    return rows.update(assigning_authority=new)
