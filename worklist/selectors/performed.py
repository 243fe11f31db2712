"""What scanners told us of their steps, and whose they are."""

from __future__ import annotations

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from orders.models import Order
from worklist.models import PerformedStep
from worklist.models.performed import INSTANCES


def unlinked_steps() -> QuerySet[PerformedStep]:
    """Newest first; `mismatch` says in words why each is not linked."""
    found = PerformedStep.objects.filter(order=None, from_modality=True)
    return found.order_by("-started_at", "-id")


def linked_orders(step: PerformedStep) -> list[Order]:
    """The exams of the step, by id: two steps of one group then wait in line."""
    orders = list(step.grouped_orders.all())
    if step.order:
        orders.append(step.order)
    return sorted(orders, key=lambda order: order.pk)


def steps_with_instances(uids: list[str]) -> QuerySet[PerformedStep]:
    """Linked ones whose series name any of these instances."""
    # As the index has it: a parameter in place of the path would not use it.
    names_any = RawSQL(
        f"jsonb_path_query_array(worklist_performed_step.dataset, '{INSTANCES}') ?| %s",
        [uids],
        output_field=BooleanField(),
    )
    found = PerformedStep.objects.filter(names_any, order__isnull=False)
    return found.select_related("order").order_by("id")
