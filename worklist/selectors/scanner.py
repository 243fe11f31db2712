"""What a scanner last said, and what lies on its table."""

from __future__ import annotations

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


def running_step(order: Order) -> PerformedStep | None:
    """The performed step that goes on now, the scanner's before the browser's."""
    running = order.performed_steps.filter(status=PerformedStepStatus.IN_PROGRESS)
    return running.order_by("-from_modality", "-id").first()


def last_check(order: Order) -> Verification | None:
    """The identity check on which the exam began."""
    used = Verification.objects.filter(order=order, used_at__isnull=False)
    return used.select_related("user").order_by("-used_at").first()
