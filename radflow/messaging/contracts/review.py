"""A message's Z segments on its way into the domain: read, judged, or flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from radflow.hl7.message import Message, Segment
from radflow.messaging.contracts.registry import REGISTRY, Use
from radflow.messaging.contracts.rules import SegmentRule
from radflow.messaging.contracts.unknown import flag
from radflow.messaging.contracts.validation import Finding, Reading, validate
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import ZField
from radflow.messaging.routes import Inbound

MOST_WARNINGS = 20
# The same message is read by the review and by what applies it.
_READ: WeakKeyDictionary[Message, list[Reading]] = WeakKeyDictionary()


def review(inbound: Inbound) -> list[str]:
    """Warnings about its Z segments; costs nothing where it has none.

    Raises Parked where the contract says that the message must wait or be refused.
    """
    if not any(_is_own(segment) for segment in inbound.message.segments):
        return []
    found = readings(inbound)
    warnings = []
    for reading in found:
        _stop(reading)
        warnings += [f"{finding}, by {reading.rule}" for finding in reading.findings]
    governed = {reading.segment.index for reading in found}
    unknown = [
        segment
        for segment in inbound.message.segments
        if _is_own(segment) and segment.index not in governed
    ]
    beyond = [one.segment for one in found if one.says_more]
    flag(inbound.row, unknown, beyond)
    return warnings[:MOST_WARNINGS]


def _is_own(segment: Segment) -> bool:
    return segment.name[:1] == "Z"


def readings(inbound: Inbound) -> list[Reading]:
    """Each Z segment that has a contract in force, held against it."""
    known = _READ.get(inbound.message)
    if known is None:
        known = _READ[inbound.message] = list(_read(inbound))
    return known


def _read(inbound: Inbound) -> Iterator[Reading]:
    count: Counter[str] = Counter()
    for segment in inbound.message.segments:
        if _is_own(segment):
            count[segment.name] += 1
            if rule := _rule_for(segment, inbound):
                yield validate(segment, rule, count[segment.name])


def _rule_for(segment: Segment, inbound: Inbound) -> SegmentRule | None:
    row, message = inbound.row, inbound.message
    return REGISTRY.find(
        Use(
            segment=segment.name,
            application=row.sending_application,
            facility=row.sending_facility,
            message_type=row.message_type,
            at=row.received_at,
            version=message.value("SFT-2")[:40],
        )
    )


def _stop(reading: Reading) -> None:
    worst = reading.worst()
    if worst not in (ZField.OnError.QUARANTINE, ZField.OnError.REJECT):
        return
    finding = next(one for one in reading.findings if one.on_error == worst)
    refused = worst == ZField.OnError.REJECT
    code = "Z_REFUSED" if refused else "Z_QUARANTINED"
    text = _sentence(finding, reading)
    raise Parked(code, text, finding.location, is_final=refused)


def _sentence(finding: Finding, reading: Reading) -> str:
    return (
        f"{finding} by contract {reading.rule}. Nothing was applied: the sender must "
        "correct it, or the contract gets a new version."
    )
