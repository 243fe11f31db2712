"""Rules of sequence between exams of one patient: kept here, read by scheduling."""

from __future__ import annotations

from orders.models import SequenceRule
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit


def add_rule(*, rule: SequenceRule, by: User) -> SequenceRule:
    with unit.work():
        rule.save(force_insert=True)
        _tell("sequence_rule_added", rule, by)
        return rule


def remove_rule(*, rule: SequenceRule, by: User) -> None:
    with unit.work():
        _tell("sequence_rule_removed", rule, by)
        rule.delete()


def _tell(action: str, rule: SequenceRule, by: User) -> None:
    detail = {"rule": rule.pk, "says": str(rule), "reason": rule.reason}
    audit.record(action, actor=by, detail=detail)
