"""Which contract governs a segment; the approved ones are held per process.

An approved contract never changes, so counting those ever approved and those retired
tells whether what is held is still all there is. What was held at a moment is good
for every message received before it: a backlog costs no look at the database.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from radflow.messaging.contracts import versions
from radflow.messaging.contracts.rules import SegmentRule, rule_of
from radflow.messaging.models import ContractStatus, ZContract
from radflow.messaging.models.peer import ANY

_STAMP = """
SELECT count(*), count(retired_at), coalesce(max(id), 0), now()
FROM messaging_z_contract WHERE approved_at IS NOT NULL
"""
Stamp = tuple[int, int, int]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Use:
    """One segment in use: who sent it, in which message, received when.

    `version` is what the product says of itself (SFT-2); often empty.
    """

    segment: str
    application: str
    facility: str
    message_type: str
    at: datetime
    version: str = ""


class Registry:
    """The contracts ever approved; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: Stamp = (-1, -1, -1)
        self._checked_at = _NEVER
        self._by_segment: dict[str, list[SegmentRule]] = {}

    def find(self, use: Use) -> SegmentRule | None:
        """The one that was in force when the message was received, or none."""
        with self._lock:
            if use.at >= self._checked_at:
                self._refresh()
            candidates = self._by_segment.get(use.segment, [])
        return choose(candidates, use)

    def forget(self) -> None:
        with self._lock:
            self._stamp, self._checked_at = (-1, -1, -1), _NEVER

    def _refresh(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_STAMP)
            approved, retired, last, now = cursor.fetchone()
        if (approved, retired, last) != self._stamp:
            self._by_segment = _load()
            self._stamp = (approved, retired, last)
        self._checked_at = now


REGISTRY = Registry()


def _load() -> dict[str, list[SegmentRule]]:
    rules: dict[str, list[SegmentRule]] = {}
    known = ZContract.objects.exclude(approved_at=None).prefetch_related("fields")
    for contract in known:
        rules.setdefault(contract.segment, []).append(rule_of(contract))
    return rules


def choose(candidates: Sequence[SegmentRule], use: Use) -> SegmentRule | None:
    """The most particular of those that fit: by version, then by sender, then newest.

    A product that does not state its version gets the newest approved contract; one
    that states a version no contract covers gets none.
    """
    fitting = [rule for rule in candidates if _fits(rule, use)]
    return max(fitting, key=lambda rule: _rank(rule, use), default=None)


def _fits(rule: SegmentRule, use: Use) -> bool:
    return (
        in_force(rule, use.at)
        and rule.sending_application in (ANY, use.application)
        and rule.sending_facility in (ANY, use.facility)
        and (not rule.message_types or use.message_type in rule.message_types)
        and (not use.version or versions.holds(rule.product_version, use.version))
    )


def in_force(rule: SegmentRule, at: datetime) -> bool:
    began, ended = rule.approved_at, rule.retired_at
    return began is not None and began <= at and (ended is None or at < ended)


def _rank(rule: SegmentRule, use: Use) -> tuple[bool, bool, bool, datetime, int]:
    return (
        bool(use.version) and rule.product_version != ANY,
        rule.sending_application != ANY,
        rule.sending_facility != ANY,
        rule.approved_at or _NEVER,
        rule.id,
    )


def rivals(contract: ZContract) -> list[ZContract]:
    """Approved ones that would match the same messages as well as this one.

    Other versions of the same contract are not rivals: they are retired by it.
    """
    approved = ZContract.objects.filter(
        segment=contract.segment, status=ContractStatus.APPROVED
    ).exclude(pk=contract.pk)
    return [
        other
        for other in approved
        if line_of(other) != line_of(contract) and _collide(other, contract)
    ]


def line_of(contract: ZContract) -> tuple[str, ...]:
    """What all versions of one contract share."""
    return (
        contract.segment,
        contract.vendor,
        contract.product,
        contract.product_version,
        contract.sending_application,
        contract.sending_facility,
    )


def _collide(one: ZContract, other: ZContract) -> bool:
    """One that names its sender more closely wins, so it does not collide."""
    applications = (one.sending_application, other.sending_application)
    facilities = (one.sending_facility, other.sending_facility)
    if any(a != b and ANY not in (a, b) for a, b in (applications, facilities)):
        return False
    ranks = [
        (c.sending_application != ANY, c.sending_facility != ANY) for c in (one, other)
    ]
    nested = all(a <= b for a, b in zip(*ranks, strict=True)) or all(
        a >= b for a, b in zip(*ranks, strict=True)
    )
    if nested and ranks[0] != ranks[1]:
        return False
    types = (set(one.message_types), set(other.message_types))
    return (not all(types) or bool(types[0] & types[1])) and versions.overlap(
        one.product_version, other.product_version
    )
