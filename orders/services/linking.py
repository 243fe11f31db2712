"""Records said to be of one person without being merged (A24, A37)."""

from __future__ import annotations

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Patient, PatientLink
from orders.requests import Identifier
from orders.services.merging import lock_both
from orders.services.patients import find_locked, record
from radflow import unit


class UnknownPatient(OrderError):
    """One of the two is not on file (error 204)."""

    code = "204"


@unit.atomic
def link_patients(
    *, first: tuple[Identifier, ...], second: tuple[Identifier, ...], cause: Cause
) -> PatientLink | None:
    """None where they are one record already."""
    pair = _pair(first, second)
    if pair is None:
        return None
    known = PatientLink.objects.filter(
        first=pair[0], second=pair[1], unlinked_at=None
    ).first()
    if known:
        return known
    record("patients_linked", pair[0], cause)
    return PatientLink.objects.create(
        first=pair[0], second=pair[1], inbound_id=cause.inbound_id, linked_at=cause.at
    )


@unit.atomic
def unlink_patients(
    *, first: tuple[Identifier, ...], second: tuple[Identifier, ...], cause: Cause
) -> None:
    pair = _pair(first, second)
    if pair is None:
        return
    PatientLink.objects.filter(first=pair[0], second=pair[1], unlinked_at=None).update(
        unlinked_at=cause.at
    )
    record("patients_unlinked", pair[0], cause)


def _pair(
    first: tuple[Identifier, ...], second: tuple[Identifier, ...]
) -> tuple[Patient, Patient] | None:
    one, other = find_locked(first), find_locked(second)
    if one is None or other is None:
        raise UnknownPatient("One of the two patients is not known here.")
    if one.pk == other.pk:
        return None
    return lock_both(min(one.pk, other.pk), max(one.pk, other.pk))
