"""Records said to be of one person without being merged (A24, A37)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Patient, PatientLink
from orders.requests import PatientRequest
from orders.services.patients import find_locked, lock_both, record, refuse_conflict
from radflow import unit

# What the journal of a merge keeps of each link.
Kept = dict[str, dict[str, Any]]


class UnknownPatient(OrderError):
    """One of the two is not on file (error 204)."""

    code = "204"


@unit.atomic
def link_patients(
    *, first: PatientRequest, second: PatientRequest, cause: Cause
) -> PatientLink | None:
    """None where they are one record already; PatientMismatch for somebody else."""
    pair = _pair(first, second)
    if pair is None:
        return None
    known = _open_link(*(patient.pk for patient in pair))
    if known:
        return known
    record("patients_linked", pair[0], cause)
    return PatientLink.objects.create(
        first=pair[0], second=pair[1], inbound_id=cause.inbound_id, linked_at=cause.at
    )


@unit.atomic
def unlink_patients(
    *, first: PatientRequest, second: PatientRequest, cause: Cause
) -> None:
    """Raises PatientMismatch where a name or birth date is somebody else's."""
    pair = _pair(first, second)
    if pair is None:
        return
    PatientLink.objects.filter(first=pair[0], second=pair[1], unlinked_at=None).update(
        unlinked_at=cause.at
    )
    record("patients_unlinked", pair[0], cause)


def _pair(
    first: PatientRequest, second: PatientRequest
) -> tuple[Patient, Patient] | None:
    one, other = find_locked(first.identifiers), find_locked(second.identifiers)
    if one is None or other is None:
        raise UnknownPatient(gettext_noop("One of the two patients is not known here."))
    refuse_conflict(one, first)
    refuse_conflict(other, second)
    if one.pk == other.pk:
        return None
    return lock_both(min(one.pk, other.pk), max(one.pk, other.pk))


def _open_link(first_id: int, second_id: int) -> PatientLink | None:
    found = PatientLink.objects.filter(unlinked_at=None)
    return found.filter(first_id=first_id, second_id=second_id).first()


def move_links(
    retired: Patient, survivor: Patient, before: Kept, after: Kept, cause: Cause
) -> None:
    """Links of a merged person are the survivor's, so that A37 still finds them.

    One between the two ends, and so does one that the survivor has as well (`twin`).
    """
    found = PatientLink.objects.select_for_update().filter(unlinked_at=None)
    rows = found.filter(Q(first=retired) | Q(second=retired)).order_by("pk")
    for link in rows:
        ends = {link.first_id, link.second_id}
        (other,) = ends - {retired.pk}
        first, second = sorted((other, survivor.pk))
        twin = _open_link(first, second) if other != survivor.pk else None
        before[f"link:{link.pk}"] = _ends_of(link)
        if other == survivor.pk or twin:
            link.unlinked_at = cause.at
            after[f"link:{link.pk}"] = {"twin": twin.pk} if twin else {}
        else:
            link.first_id, link.second_id = first, second
            after[f"link:{link.pk}"] = _ends_of(link)
        link.save()


def bring_link_back(pk: int, before: dict[str, int], became: dict[str, int]) -> bool:
    """As it was before the merge; False where A37 or a later merge had it since."""
    link = PatientLink.objects.select_for_update().get(pk=pk)
    if "first_id" in became:
        may_return = link.unlinked_at is None and _ends_of(link) == became
    else:
        twin = PatientLink.objects.filter(pk=became.get("twin", 0))
        may_return = not became or twin.filter(unlinked_at=None).exists()
    if may_return:
        link.first_id, link.second_id = before["first_id"], before["second_id"]
        link.unlinked_at = None
        link.save()
    return may_return


def _ends_of(link: PatientLink) -> dict[str, int]:
    return {"first_id": link.first_id, "second_id": link.second_id}
