"""Order and result groups: which segments belong to which order (section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message, Segment


@dataclass
class Observation:
    """An OBX with the notes that follow it."""

    obx: Segment
    nte: list[Segment] = field(default_factory=list)

    def value(self, number: int, component: int = 1) -> str:
        return self.obx.value(number, component)

    @property
    def sub_id(self) -> str:
        return self.obx.value(4)


def observation_groups(observations: Sequence[Observation]) -> list[list[Observation]]:
    """Those of one OBX-4 belong together, wherever they stand; without one, to none."""
    groups: list[list[Observation]] = []
    known: dict[str, list[Observation]] = {}
    for observation in observations:
        if (group := known.get(observation.sub_id)) is not None:
            group.append(observation)
            continue
        groups.append([observation])
        if observation.sub_id:
            known[observation.sub_id] = groups[-1]
    return groups


@dataclass
class OrderGroup:
    """What one ORC and OBR carry. `shared_orc`: one ORC stood before several OBR."""

    orc: Segment | None = None
    obr: Segment | None = None
    tq1: list[Segment] = field(default_factory=list)
    nte: list[Segment] = field(default_factory=list)
    obx: list[Observation] = field(default_factory=list)
    dg1: list[Segment] = field(default_factory=list)
    ipc: list[Segment] = field(default_factory=list)
    zds: Segment | None = None
    others: list[Segment] = field(default_factory=list)
    shared_orc: bool = False

    @property
    def is_empty(self) -> bool:
        return self.orc is None and self.obr is None


@dataclass
class PatientGroup:
    """What stands before the first order of one patient (ORM, ORU, ADT alike)."""

    pid: Segment | None = None
    pd1: Segment | None = None
    pv1: Segment | None = None
    pv2: Segment | None = None
    nte: list[Segment] = field(default_factory=list)
    al1: list[Segment] = field(default_factory=list)
    dg1: list[Segment] = field(default_factory=list)
    obx: list[Observation] = field(default_factory=list)
    others: list[Segment] = field(default_factory=list)


@dataclass
class ResultGroup:
    """One patient of an ORU and the observation groups that follow."""

    patient: PatientGroup
    orders: list[OrderGroup]


def patient_group(message: Message) -> PatientGroup:
    """The first patient; notes before PID belong to the message and are left out."""
    return _patient(message.segments[1:])


def _patient(segments: Sequence[Segment]) -> PatientGroup:
    group = PatientGroup()
    for segment in segments:
        if segment.name in ("ORC", "OBR") or (segment.name == "PID" and group.pid):
            break
        _add_to_patient(segment, group)
    return group


def _add_to_patient(segment: Segment, group: PatientGroup) -> None:
    match segment.name:
        case "PID" | "PD1" | "PV1" | "PV2" as name:
            setattr(group, name.lower(), segment)
        case "AL1" | "DG1" as name:
            getattr(group, name.lower()).append(segment)
        case "OBX":
            group.obx.append(Observation(segment))
        case "NTE" if group.obx:
            group.obx[-1].nte.append(segment)
        case "NTE" if group.pid is not None:
            group.nte.append(segment)
        case _:
            group.others.append(segment)


def result_groups(message: Message) -> list[ResultGroup]:
    """Patients of an ORU with their results; ORC is optional, PID may repeat."""
    starts = [s.index for s in message.segments if s.name == "PID"] or [1]
    ends = [*starts[1:], len(message.segments)]
    starts[0] = 1
    spans = [message.segments[i:j] for i, j in zip(starts, ends, strict=True)]
    return [ResultGroup(_patient(span), _orders(span)) for span in spans]


def order_groups(message: Message) -> list[OrderGroup]:
    """The orders of a message, in its order; every segment after the first is kept.

    HL7Error 100 for a second PID or MSH: an order after it is not the first patient's,
    or is a prior result and no order at all.
    """
    for name in ("MSH", "PID"):
        if len(message.all(name)) > 1:
            raise HL7Error("100", f"More than one {name} in an order.", f"{name}^2")
    return _orders(message.segments[1:])


def _orders(segments: Sequence[Segment]) -> list[OrderGroup]:
    groups: list[OrderGroup] = []
    current = OrderGroup()
    for segment in segments:
        if segment.name == "ORC" or (segment.name == "OBR" and current.obr is not None):
            if not current.is_empty:
                groups.append(current)
            current = _begin(segment, current)
        else:
            _add(segment, current)
    if not current.is_empty:
        groups.append(current)
    _share_trailing_zds(groups)
    return groups


def _begin(segment: Segment, previous: OrderGroup) -> OrderGroup:
    if segment.name == "ORC":
        return OrderGroup(orc=segment)
    shared = previous.orc is not None
    group = OrderGroup(orc=previous.orc, obr=segment, shared_orc=shared)
    group.tq1 = list(previous.tq1) if shared else []
    return group


def _add(segment: Segment, group: OrderGroup) -> None:
    if group.is_empty and segment.name != "OBR":
        return  # the patient's part: PID, its NTE, PV1, AL1, patient level OBX
    match segment.name:
        case "OBR":
            group.obr = segment
        case "TQ1" | "DG1" | "IPC" as name:
            getattr(group, name.lower()).append(segment)
        case "OBX":
            group.obx.append(Observation(segment))
        case "NTE":
            (group.obx[-1].nte if group.obx else group.nte).append(segment)
        case "ZDS":
            group.zds = segment
        case _:
            group.others.append(segment)


def _share_trailing_zds(groups: list[OrderGroup]) -> None:
    """Several steps of one procedure (same OBR-18 and OBR-19) have one ZDS at the end.

    A trailing ZDS under other procedures stays with the group that it follows.
    """
    for index in range(len(groups) - 1, 0, -1):
        later, earlier = groups[index], groups[index - 1]
        if earlier.zds is None and later.zds is not None and _same(earlier, later):
            earlier.zds = later.zds


def _same(one: OrderGroup, other: OrderGroup) -> bool:
    if one.obr is None or other.obr is None:
        return False
    keys = [(obr.value(18), obr.value(19)) for obr in (one.obr, other.obr)]
    return keys[0] == keys[1] and all(keys[0])
