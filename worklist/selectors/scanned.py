"""Whose wristband or requisition it is that does not fit the exam at the gate."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from orders.lifecycle import NOT_STARTED, TERMINAL_STATES
from orders.models import Order, OrderEvent, Patient
from orders.selectors import orders_with_patients
from worklist.models import Verification
from worklist.selectors.schedule import day_range


@dataclass(frozen=True)
class Scanned:
    """`order` is the one on the requisition, else the person's exam of today."""

    patient: Patient
    order: Order | None


def scanned_instead(verification: Verification) -> Scanned | None:
    """Who the values belong to that do not fit; None where nobody here has them."""
    if not verification.patient_matches:
        found = _owner(verification, verification.presented_patient_id)
        if found is not None:
            return found
    if not verification.accession_matches:
        return _owner(verification, verification.presented_accession)
    return None


def _owner(verification: Verification, text: str) -> Scanned | None:
    value = text.partition("^")[0].strip()
    if not value:
        return None
    other = orders_with_patients().filter(accession_number=value)
    order = other.exclude(pk=verification.order_id).first()
    if order is not None:
        return Scanned(order.patient, order)
    people = Patient.objects.filter(identifiers__value=value).distinct()
    people = people.exclude(pk=verification.order.patient_id)
    several = list(people.prefetch_related("identifiers")[:2])
    if len(several) != 1:
        return None
    return Scanned(several[0], _exam_today(several[0]))


def _exam_today(patient: Patient) -> Order | None:
    today = day_range(timezone.localdate())
    timed = Q(scheduled_start__gte=today.lower, scheduled_start__lt=today.upper)
    waiting = Q(scheduled_start=None, status__in=NOT_STARTED)
    found = orders_with_patients().filter(timed | waiting, patient=patient)
    found = found.exclude(status__in=TERMINAL_STATES)
    return found.order_by(F("scheduled_start").asc(nulls_last=True), "id").first()


def last_report_event(order: Order) -> OrderEvent | None:
    reports = order.events.filter(kind=OrderEvent.Kind.REPORT)
    return reports.order_by("-id").first()
