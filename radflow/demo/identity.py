"""People with two records: one pair merged, one to be looked at."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from orders.cause import Cause
from orders.models import DuplicateCandidate, Patient
from orders.requests import Code, Identifier, OrderRequest, PatientRequest
from orders.services import place_order
from orders.services.merging import merge_by_hand
from radflow.accounts.models import User
from radflow.demo.cast import AUTHORITY
from radflow.demo.clock import clock_at

BORN = date(1968, 4, 17)


def write(people: dict[str, User]) -> None:
    """A walk-in registered anew is merged; look-alikes wait for a person."""
    _merged(people["coord"])
    _look_alikes()


def _merged(user: User) -> None:
    ago = timezone.now() - timedelta(hours=20)
    with clock_at(ago):
        known = _order("00098001", "Ferreira", "Beatriz", user)
        again = _order("00126950", "Fereira", "Beatriz", user)
    later = ago + timedelta(hours=1)
    with clock_at(later):
        merge_by_hand(
            survivor_id=known.pk,
            retired_id=again.pk,
            cause=Cause(user=user, at=later),
        )


def _order(mrn: str, family: str, given: str, user: User) -> Patient:
    at = timezone.now()
    placed = place_order(
        patient=PatientRequest(
            identifiers=(Identifier(mrn, AUTHORITY),),
            family_name=family,
            given_name=given,
            birth_date=BORN,
            birth_date_text=f"{BORN:%Y%m%d}",
            sex="F",
        ),
        visit=None,
        order=OrderRequest(
            sender_application="EHRX",
            sender_facility="GENHOSP",
            placer_order_number=f"P{mrn}",
            placer_namespace="EHRX",
            procedure=Code("CTCHEST", "CT chest without contrast", "99RADFLOW"),
            modality="CT",
            event_time=at,
        ),
        cause=Cause(user=user, at=at),
    )
    return placed.order.patient


def _look_alikes() -> None:
    """Proposed as the search for duplicates does: the machine never merges."""
    found = Patient.objects.filter(
        identifiers__value__in=("00104331", "00101945")
    ).order_by("pk")
    if len(pair := list(found)) == 2:
        DuplicateCandidate.objects.get_or_create(
            first=pair[0],
            second=pair[1],
            defaults={
                "reasons": ["names sound alike", "birth dates differ by two digits"],
                "score": 60,
            },
        )
