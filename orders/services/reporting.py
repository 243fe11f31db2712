from __future__ import annotations

from django.db import transaction

from orders.models import Order, ReportStatus
from orders.services.events import save


@transaction.atomic
def set_report_status(*, order_id: int, status: ReportStatus) -> Order:
    """Repeat on the order what its report says, for lists and REST."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.report_status != status:
        order.report_status = status
        save(order)
    return order
