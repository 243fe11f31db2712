"""Which archives and reading services an exam concerns, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet

from orders.models import Order
from worklist.models import DeliveryState, DicomDelivery, DicomNode

WAITS = (DeliveryState.QUEUED, DeliveryState.REFUSED)


# What a node is for, as the exam's news asks for it.
IS_ARCHIVE = Q(is_archive=True)
WANTS_STEPS = Q(wants_steps=True)
WANTS_AVAILABILITY = Q(wants_availability=True)


def nodes_for(order: Order, purpose: Q) -> list[DicomNode]:
    """The nodes in use of that purpose whose rules let this exam pass."""
    found = DicomNode.objects.filter(purpose, enabled=True).prefetch_related("sites")
    nodes = list(found)
    ruled_by_site = any(node.sites.all() for node in nodes)
    sites = set(sites_of(order)) if ruled_by_site else set()
    return [node for node in nodes if _passes(node, order, sites)]


def sites_of(order: Order) -> Iterable[int]:
    return order.steps.filter(station__isnull=False).values_list(
        "station__room__site", flat=True
    )


def _passes(node: DicomNode, order: Order, sites: set[int]) -> bool:
    """An exam without a known site passes: a notice too many harms less than none."""
    wanted = {site.pk for site in node.sites.all()}
    return (
        (not node.modalities or order.modality in node.modalities)
        and (not node.procedures or order.procedure_code in node.procedures)
        and (not wanted or not sites or bool(wanted & sites))
    )


@dataclass(frozen=True)
class NodeState:
    """A node, how much waits for it and since when, and how much it refused."""

    node: DicomNode
    waiting: int
    refused: int
    oldest: object


def node_states() -> list[NodeState]:
    of = Q(deliveries__state=DeliveryState.QUEUED)
    nodes = DicomNode.objects.prefetch_related("sites").annotate(
        waiting=Count("deliveries", filter=of),
        refused=Count("deliveries", filter=Q(deliveries__state=DeliveryState.REFUSED)),
        oldest=Min("deliveries__created_at", filter=of),
    )
    return [NodeState(each, each.waiting, each.refused, each.oldest) for each in nodes]


def standing_deliveries(node: DicomNode | None = None) -> QuerySet[DicomDelivery]:
    """Those that wait or were refused, the oldest first."""
    found = DicomDelivery.objects.shown().filter(state__in=WAITS)
    if node:
        found = found.filter(node=node)
    return found.select_related("order").order_by("id")
