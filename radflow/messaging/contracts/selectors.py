"""Contracts for people: the list, one in full, and how its versions differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from radflow.messaging.contracts.drafts import Draft, as_draft
from radflow.messaging.contracts.rules import FieldRule
from radflow.messaging.contracts.targets import TARGETS
from radflow.messaging.models import (
    ContractStatus,
    Peer,
    UnknownSegment,
    ZContract,
    ZField,
)
from radflow.messaging.models.peer import ANY

NOTHING = gettext_noop("none")
_LABELS = {
    "product_version": gettext_noop("Product versions"),
    "sending_application": gettext_noop("Sending application"),
    "sending_facility": gettext_noop("Sending facility"),
    "message_types": gettext_noop("Message types"),
    "description": gettext_noop("Description"),
    "evidence": gettext_noop("Evidence"),
}
_ORDER = (
    ContractStatus.APPROVED,
    ContractStatus.DRAFT,
    ContractStatus.EXAMPLE,
    ContractStatus.RETIRED,
)


@dataclass(frozen=True)
class Line:
    """A contract as a row, with the names of the peers that it serves."""

    contract: ZContract
    used_by: list[str]

    @property
    def any_sender(self) -> bool:
        return self.contract.sending_application == ANY


@dataclass(frozen=True)
class Difference:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Version:
    """A version of a contract and what it changed against the one before it."""

    contract: ZContract
    differences: list[Difference]
    is_first: bool


def contract_lines() -> list[Line]:
    """In force first, then drafts, examples and what is retired."""
    peers = list(Peer.objects.filter(enabled=True))
    found = ZContract.objects.select_related("approver", "created_by")
    ordered = sorted(
        found, key=lambda one: (_ORDER.index(ContractStatus(one.status)), one.segment)
    )
    return [Line(one, serves(one, peers)) for one in ordered]


def serves(contract: ZContract, peers: Iterable[Peer]) -> list[str]:
    """The peers whose messages it governs, once it is in force."""
    wanted = (contract.sending_application, contract.sending_facility)
    return [
        peer.name
        for peer in peers
        if wanted[0] in (ANY, peer.sending_application)
        and (peer.sending_facility == ANY or wanted[1] in (ANY, peer.sending_facility))
    ]


def unknown_segments() -> QuerySet[UnknownSegment]:
    """Those that nothing governs yet; a draft does not."""
    found = UnknownSegment.objects.exclude(contract__status=ContractStatus.APPROVED)
    return found.select_related("contract", "first_message").order_by("-id")


def versions_of(contract: ZContract) -> list[Version]:
    """All of the same segment, product and sender, newest first."""
    found = ZContract.objects.filter(
        segment=contract.segment,
        vendor=contract.vendor,
        product=contract.product,
        sending_application=contract.sending_application,
        sending_facility=contract.sending_facility,
    )
    known = list(
        found.select_related("approver", "created_by").prefetch_related(
            "fields", "samples"
        )
    )
    known.sort(key=lambda one: (tuple(map(int, one.version.split("."))), one.pk))
    drafts = [as_draft(one) for one in known]
    steps = [
        Version(one, differences(drafts[n - 1], drafts[n]) if n else [], n == 0)
        for n, one in enumerate(known)
    ]
    return steps[::-1]


def differences(old: Draft, new: Draft) -> list[Difference]:
    found = [
        Difference(_(label), _words(getattr(old, name)), _words(getattr(new, name)))
        for name, label in _LABELS.items()
        if getattr(old, name) != getattr(new, name)
    ]
    before, after = (_by_path(draft.fields) for draft in (old, new))
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            texts = (_words(before.get(path, "")), _words(after.get(path, "")))
            found.append(Difference(f"{new.segment}-{path}", *texts))
    if old.samples != new.samples:
        counts = (_samples(len(draft.samples)) for draft in (old, new))
        found.append(Difference(_("Samples"), *counts))
    return found


def _samples(count: int) -> str:
    return _("%(count)s samples") % {"count": count}


def _by_path(rules: Iterable[FieldRule]) -> dict[str, str]:
    return {rule.path: f"{rule.name}: {', '.join(in_words(rule))}" for rule in rules}


def _words(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text or _(NOTHING)


def in_words(rule: FieldRule) -> list[str]:
    """All that a rule says but its place and name, each a phrase."""
    checks = [rule.datatype, _need(rule)]
    checks += [_("may repeat")] if rule.repeats else []
    checks += _limits(rule)
    checks += _range(rule)
    checks += [_goes_to(rule)] if rule.target else []
    return [*checks, *_consequences(rule)]


def _limits(rule: FieldRule) -> list[str]:
    found = []
    if rule.max_length:
        found.append(_("at most %(count)s characters") % {"count": rule.max_length})
    if rule.regex:
        found.append(_("like %(pattern)s") % {"pattern": rule.regex})
    if rule.values:
        found.append(_("one of %(values)s") % {"values": " ".join(rule.values)})
    return found


def _goes_to(rule: FieldRule) -> str:
    place = {"target": rule.target, "policy": rule.policy}
    return _("goes to %(target)s (%(policy)s)") % place


def _range(rule: FieldRule) -> list[str]:
    bounds = (
        (pgettext("range", "from"), rule.lowest),
        (pgettext("range", "to"), rule.highest),
    )
    words = [f"{word} {n.normalize():f}" for word, n in bounds if n is not None]
    return [" ".join(words)] if words else []


def _need(rule: FieldRule) -> str:
    if rule.required == ZField.Required.CONDITIONAL:
        return _("required where %(condition)s") % {"condition": rule.condition}
    return ZField.Required(rule.required).label.lower()


def _consequences(rule: FieldRule) -> list[str]:
    found = [_("holds patient data")] if rule.holds_patient_data else []
    if rule.on_error != ZField.OnError.WARN:
        done = ZField.OnError(rule.on_error).label.lower()
        found.append(_("else %(done)s") % {"done": done})
    return found


@dataclass(frozen=True)
class Row:
    """A rule as a line of the fields table."""

    rule: FieldRule
    checks: str
    need: str
    goes_to: str
    how: str


def field_rows(rules: Iterable[FieldRule]) -> list[Row]:
    return [_field_row(rule) for rule in rules]


def _field_row(rule: FieldRule) -> Row:
    target = TARGETS.get(rule.target)
    plain = {rule.datatype, _need(rule), _goes_to(rule)}
    checks = [phrase for phrase in in_words(rule) if phrase not in plain]
    return Row(
        rule,
        ", ".join(checks),
        _need(rule),
        _(target.label) if target else rule.target,
        ZField.Policy(rule.policy).label.lower() if rule.target else "",
    )
