"""The rules by which news of performed exams goes, and the routes that orders name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.models import ExamRoute, RoutingRule

FIELDS = ("name", "kind", "enabled", "modalities", "procedures", "routes")
_MANY = ("sites", "nodes", "peers")


def keep_route(order: Order, route: str) -> None:
    ExamRoute.objects.update_or_create(order=order, defaults={"route": route[:60]})


@transaction.atomic
def keep_rule(
    *,
    rule_id: int | None,
    values: Mapping[str, Any],
    by: User,
    expected_revision: int | None = None,
) -> RoutingRule:
    """Add a rule as the last of its kind, or change one; raises ValidationError."""
    rule = RoutingRule()
    if rule_id is not None:
        rule = RoutingRule.objects.select_for_update().get(pk=rule_id)
        if expected_revision not in (None, rule.revision):
            raise ValidationError(
                _("Somebody changed this meanwhile. Look at it again, then save.")
            )
        rule.revision += 1
    is_moved = rule.kind != values["kind"]
    for name in FIELDS:
        setattr(rule, name, values[name])
    if is_moved:
        rule.position = _last(rule.kind) + 1
    rule.full_clean()
    rule.save()
    for name in _MANY:
        getattr(rule, name).set(values[name])
    told = {name: getattr(rule, name) for name in FIELDS}
    told |= {name: [one.pk for one in values[name]] for name in _MANY}
    _record("rule_changed" if rule_id else "rule_added", rule, by, told)
    return rule


def _last(kind: str) -> int:
    found = RoutingRule.objects.filter(kind=kind).aggregate(last=Max("position"))
    return found["last"] or 0


@transaction.atomic
def move_up(*, rule_id: int, by: User) -> None:
    """Before the one that it stood behind; the first stays the first."""
    kind = RoutingRule.objects.get(pk=rule_id).kind
    ordered = list(RoutingRule.objects.select_for_update().filter(kind=kind))
    at = next(n for n, one in enumerate(ordered) if one.pk == rule_id)
    if at == 0:
        return
    ordered[at - 1 : at + 1] = [ordered[at], ordered[at - 1]]
    for position, one in enumerate(ordered, start=1):
        one.position = position
    RoutingRule.objects.bulk_update(ordered, ["position"])
    _record("rule_moved", ordered[at - 1], by, {"position": at})


@transaction.atomic
def remove_rule(*, rule_id: int, by: User) -> None:
    rule = RoutingRule.objects.select_for_update().get(pk=rule_id)
    _record("rule_removed", rule, by, {"name": rule.name})
    rule.delete()


def _record(action: str, rule: RoutingRule, by: User, told: Mapping[str, Any]) -> None:
    audit.record(action, actor=by, detail={"rule": rule.pk, **told})
    live.publish("delivery", rule.pk)
