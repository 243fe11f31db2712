"""Which rule decides where the news of an exam goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from orders.models import Order
from worklist.models import DicomNode, ExamRoute, RoutingRule
from worklist.selectors.nodes import (
    WANTS_AVAILABILITY,
    WANTS_STEPS,
    nodes_for,
    sites_of,
)

Kind = RoutingRule.Kind
_WANTS: Mapping[str, Q] = {
    Kind.STEPS: WANTS_STEPS,
    Kind.AVAILABILITY: WANTS_AVAILABILITY,
}


@dataclass(frozen=True)
class Routed:
    """Who is told; `why` is the name of the rule, empty where none decided."""

    nodes: list[DicomNode]
    why: str = ""


def rules() -> QuerySet[RoutingRule]:
    return RoutingRule.objects.prefetch_related("sites", "nodes", "peers")


def rule_for(order: Order, kind: str) -> RoutingRule | None:
    """The first of its kind whose conditions all fit."""
    found = list(rules().filter(kind=kind, enabled=True))
    if not found:
        return None
    sites = set(sites_of(order))
    told = ExamRoute.objects.filter(order=order).values_list("route", flat=True)
    route = told.first() or ""
    return next((one for one in found if _fits(one, order, sites, route)), None)


def _fits(rule: RoutingRule, order: Order, sites: set[int], route: str) -> bool:
    """An exam whose site is not known fits no rule of a site: it may be another's."""
    wanted = {site.pk for site in rule.sites.all()}
    return (
        (not rule.modalities or order.modality in rule.modalities)
        and (not rule.procedures or order.procedure_code in rule.procedures)
        and (not rule.routes or route in rule.routes)
        and (not wanted or bool(wanted & sites))
    )


def routed(order: Order, kind: str) -> Routed:
    """Without a rule every node that wants it, as its own settings say."""
    rule = rule_for(order, kind)
    if rule is None:
        return Routed(nodes_for(order, _WANTS[kind]))
    return Routed([node for node in rule.nodes.all() if node.enabled], rule.name)
