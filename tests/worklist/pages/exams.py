"""Exams in the states that the pages show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from orders.cause import Cause
from orders.models import Order
from orders.requests import Identifier
from tests.factories import make_order, patient_request
from worklist.models import Station
from worklist.services import arrive, book_step

DESK = Cause(actor="test")


def noon(minutes: int = 0) -> datetime:
    """Today at twelve, local, and so many minutes."""
    start = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    return start + timedelta(minutes=minutes)


def ordered(
    *, mrn: str, accession: str, family: str = "Okafor", **changes: Any
) -> Order:
    given = changes.pop("given", "Ada")
    born = changes.pop("born", "19800514")
    patient = patient_request(
        identifiers=(Identifier(mrn, "GENHOSP"),),
        family_name=family,
        given_name=given,
        birth_date_text=born,
    )
    return make_order(patient=patient, accession_number=accession, **changes)


def booked(station: Station, *, minutes: int = 0, **changes: Any) -> Order:
    order = ordered(**changes)
    book_step(
        order_id=order.pk, room_id=station.room_id, start=noon(minutes), cause=DESK
    )
    order.refresh_from_db()
    return order


def arrived(station: Station, **changes: Any) -> Order:
    order = booked(station, **changes)
    arrive(order_id=order.pk, cause=DESK)
    order.refresh_from_db()
    return order
