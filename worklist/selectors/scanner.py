"""What a scanner last said, and what lies on its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orders.models import Order
from worklist.models import (
    DicomExchange,
    PerformedStep,
    PerformedStepStatus,
    Station,
    Verification,
)

Kind = DicomExchange.Kind


@dataclass(frozen=True)
class Contact:
    """The newest worklist query and the newest performed step message, if any."""

    query: DicomExchange | None
    step: DicomExchange | None


def last_contact(station: Station) -> Contact:
    heard = DicomExchange.objects.filter(calling_ae=station.ae_title).order_by("-id")
    return Contact(
        query=heard.filter(kind=Kind.FIND).first(),
        step=heard.filter(kind__in=[Kind.CREATE, Kind.SET]).first(),
    )


def running_steps(orders: Sequence[Order]) -> dict[int, PerformedStep]:
    """By order the step that goes on now, the scanner's before the browser's."""
    running = PerformedStep.objects.filter(
        order__in=orders, status=PerformedStepStatus.IN_PROGRESS
    )
    first = running.order_by("order_id", "-from_modality", "-id").distinct("order_id")
    return {step.order_id: step for step in first if step.order_id}


def last_checks(orders: Sequence[Order]) -> dict[int, Verification]:
    """By order the identity check on which the exam began."""
    used = Verification.objects.filter(order__in=orders, used_at__isnull=False)
    last = (
        used.select_related("user")
        .order_by("order_id", "-used_at")
        .distinct("order_id")
    )
    return {check.order_id: check for check in last}
