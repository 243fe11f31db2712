"""Locks in one order everywhere, order then report or case, so that no two wait for
each other: timeline entries of a report or case lock the order too."""

from __future__ import annotations

from orders.models import Order
from reports.models import CriticalCase, Report


def lock_order(order_id: int) -> Order:
    return Order.objects.select_for_update().get(pk=order_id)


def lock_report(report_id: int) -> tuple[Report, Order]:
    """Both locked, the order first; the report's holder at hand."""
    order = lock_order(
        Report.objects.values_list("order_id", flat=True).get(pk=report_id)
    )
    found = Report.objects.select_for_update(of=("self",))
    return found.select_related("claimed_by", "order").get(pk=report_id), order


def lock_case(case_id: int) -> CriticalCase:
    orders = CriticalCase.objects.values_list("order_id", flat=True)
    lock_order(orders.get(pk=case_id))
    found = CriticalCase.objects.select_for_update(of=("self",))
    return found.select_related("order").get(pk=case_id)
