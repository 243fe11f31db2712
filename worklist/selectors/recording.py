"""What was recorded of exams, what still should be, and the dose scanners told."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from pydicom.dataset import Dataset

from orders.lifecycle import ExamState
from orders.models import ExamRecord, Order
from radflow.dicom.performed_step import read_mpps
from worklist.models import PerformedStep

_ENDED = frozenset({ExamState.PERFORMED, ExamState.DISCONTINUED})


def last_record(order: Order) -> ExamRecord | None:
    return order.exam_records.select_related("user").first()


def unrecorded(orders: Sequence[Order]) -> list[Order]:
    """Of these, the ended ones of which nobody has recorded anything."""
    ended = [order for order in orders if order.status in _ENDED]
    if not ended:
        return []
    known = ExamRecord.objects.filter(order__in=ended)
    recorded = set(known.values_list("order_id", flat=True))
    return [order for order in ended if order.pk not in recorded]


def scanner_dose(order: Order) -> list[str]:
    """As the performed steps tell it, in the standard's own units."""
    steps = PerformedStep.objects.filter(order=order, from_modality=True)
    found = []
    for step in steps.order_by("started_at"):
        dose = read_mpps(Dataset.from_json(step.dataset), step.sop_instance_uid).dose
        if dose is None:
            continue
        if dose.area_dose_product is not None:
            text = _("area dose product %(dose)s dGy·cm²")
            found.append(text % {"dose": f"{dose.area_dose_product:g}"})
        if dose.entrance_dose_mgy is not None:
            text = _("entrance dose %(dose)s mGy")
            found.append(text % {"dose": f"{dose.entrance_dose_mgy:g}"})
        if dose.comment:
            found.append(dose.comment)
    return found
