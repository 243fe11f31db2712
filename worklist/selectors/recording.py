"""What was recorded of exams, what still should be, and the dose scanners told."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from orders.lifecycle import ExamState
from orders.models import ExamRecord, Order
from radflow.accounts.templatetags.display import amount

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
    """What performed steps and dose reports told of it, in words with units."""
    found = []
    for dose in order.doses.shown():
        told = (
            (_("DLP total"), dose.dose_length_product, "mGy·cm"),
            (_("Dose area product"), dose.area_in_gray, "Gy·cm²"),
            (_("At the reference point"), dose.reference_dose, "mGy"),
            (_("Entrance dose"), dose.entrance_dose, "mGy"),
        )
        found += [
            f"{label} {amount(value)} {unit}"
            for label, value, unit in told
            if value is not None
        ]
        if dose.comment:
            found.append(dose.comment)
    return found
