"""What Z segments add to an order, each as its approved contract says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from orders.hl7.requests import FROM_0074, MODALITIES, Reader
from orders.requests import OrderRequest
from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import parse_ts
from radflow.messaging.contracts.review import readings
from radflow.messaging.contracts.validation import Extracted, Reading
from radflow.messaging.models import ZField
from radflow.messaging.routes import Inbound

LONGEST_NOTE = 500
Writer = Callable[[OrderRequest, str, Reader], OrderRequest]
Teller = Callable[[OrderRequest], object]


class _Unusable(Exception):
    """The text ends a sentence about the value."""


@dataclass
class Filled:
    """The order with what its Z segments say; `notes` are titles with details."""

    request: OrderRequest
    notes: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def refused_fields(inbound: Inbound) -> frozenset[tuple[int, int]]:
    """Segment index and field of what breaks its contract: no mapping reads these."""
    return frozenset(
        (reading.segment.index, int(finding.location.split("^")[2]))
        for reading in readings(inbound)
        for finding in reading.findings
        if finding.spoils
    )


def fill(reader: Reader, inbound: Inbound) -> Filled:
    """The request of a new order; Z values come after what the mapping found."""
    filled = Filled(reader.request())
    for reading in _of_group(reader, inbound):
        told = [
            line for one in reading.extracted if (line := _take(filled, one, reader))
        ]
        if told:
            rule = reading.rule
            title = f"{rule.segment} read by contract {rule}"
            filled.notes.append((title, "; ".join(told)[:LONGEST_NOTE]))
    return filled


def _of_group(reader: Reader, inbound: Inbound) -> Iterable[Reading]:
    """Its own Z segments, and those that stand before the first order."""
    group = reader.group
    own = {one.index for one in (group.zds, *group.others) if one is not None}
    orders = (s.index for s in reader.message.segments if s.name in ("ORC", "OBR"))
    first = next(orders, 0)
    found = readings(inbound)
    return [one for one in found if one.segment.index in own | set(range(first))]


def _take(filled: Filled, one: Extracted, reader: Reader) -> str:
    """What the timeline says of this value; empty where it changed nothing."""
    line = f"{one.path} {one.name}: {', '.join(one.values)}"
    if one.policy == ZField.Policy.ANNOTATE or one.target not in TARGETS:
        return line
    tell, write = TARGETS[one.target]
    if one.policy == ZField.Policy.FILL and tell(filled.request):
        return ""
    try:
        after = write(filled.request, one.value, reader)
    except _Unusable as error:
        filled.warnings.append(f"{one.path} {error}; not applied")
        return ""
    changed, filled.request = tell(after) != tell(filled.request), after
    return f"{line} (taken)" if changed else ""


def _plain(name: str, length: int) -> tuple[Teller, Writer]:
    def write(request: OrderRequest, value: str, reader: Reader) -> OrderRequest:
        changes = {name: value[:length]}
        return replace(request, **changes)  # type: ignore[arg-type]

    return lambda request: getattr(request, name), write


def _of_step(name: str) -> tuple[Teller, Writer]:
    def write(request: OrderRequest, value: str, reader: Reader) -> OrderRequest:
        changes = {name: value}
        schedule = replace(request.schedule, **changes)  # type: ignore[arg-type]
        return replace(request, schedule=schedule)

    return lambda request: getattr(request.schedule, name), write


def _modality(request: OrderRequest, value: str, reader: Reader) -> OrderRequest:
    told = value.upper()
    known = told if told in MODALITIES else FROM_0074.get(told)
    if known is None:
        raise _Unusable("is no DICOM modality")
    return replace(request, modality=known)


def _start(request: OrderRequest, value: str, reader: Reader) -> OrderRequest:
    try:
        told = parse_ts(
            value,
            zone=ZoneInfo(reader.peer.time_zone),
            message_time=reader.message.message_time,
        ).value
    except HL7Error:
        raise _Unusable("is no date and time") from None
    schedule = replace(request.schedule, start=told, end=None)
    return replace(request, schedule=schedule, requested_start=told)


def _priority(request: OrderRequest, value: str, reader: Reader) -> OrderRequest:
    return replace(request, priority=value.upper()[:1])


# By the names of radflow.messaging.contracts.targets.
TARGETS: dict[str, tuple[Teller, Writer]] = {
    "study.uid": _plain("study_instance_uid", 64),
    "step.station_ae": _of_step("station_ae_title"),
    "step.station_name": _of_step("station_name"),
    "step.location": _of_step("location"),
    "step.modality": (lambda request: request.modality, _modality),
    "step.start": (lambda request: request.schedule.start, _start),
    "order.priority": (lambda request: request.priority, _priority),
    "order.transport": _plain("transport", 20),
    "order.route": _plain("route", 60),
    "order.callback": _plain("callback", 200),
    "order.comments": _plain("comments", 2000),
}
