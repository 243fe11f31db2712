"""Orders that belong together."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_noop

from orders.models import Order


@dataclass(frozen=True)
class Related:
    """`how` says what `order` is to the one that is looked at."""

    how: str
    order: Order


def related_to(order: Order) -> list[Related]:
    """Parent, children, siblings, replaced and replacing; one query."""
    wanted = Q(parent=order) | Q(replaces=order)
    wanted |= Q(
        accession_number=order.accession_number,
        accession_issuer=order.accession_issuer,
    )
    if order.parent_id:
        wanted |= Q(pk=order.parent_id) | Q(parent=order.parent_id)
    if order.replaces_id:
        wanted |= Q(pk=order.replaces_id)
    found = Order.objects.filter(wanted).exclude(pk=order.pk).order_by("id")
    return [Related(_how(order, other), other) for other in found]


def _how(order: Order, other: Order) -> str:
    if other.pk == order.parent_id:
        return gettext_noop("Parent")
    if other.parent_id == order.pk:
        return gettext_noop("Part of this")
    if other.pk == order.replaces_id:
        return gettext_noop("Replaced by this")
    if other.replaces_id == order.pk:
        return gettext_noop("Stands for this now")
    if order.parent_id and other.parent_id == order.parent_id:
        return gettext_noop("Same parent")
    return gettext_noop("Same accession")
