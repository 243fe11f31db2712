"""What the order groups of a message ask, one question per order (section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from orders.cause import Cause
from orders.hl7.patients import read_patient, read_visit
from orders.hl7.profiles import mapping_for
from orders.hl7.requests import Reader
from orders.hl7.zsegments import Filled, fill, refused_fields
from orders.requests import PatientRequest, VisitRequest
from radflow.hl7.groups import OrderGroup, order_groups
from radflow.messaging.routes import Inbound

REPLACE, REPLACEMENT = "RP", "RO"
PARENT, CHILD = "PA", "CH"
# What follows the first of a family stands or falls with it.
_FAMILIES = {REPLACE: REPLACEMENT, PARENT: CHILD}


@dataclass(frozen=True)
class Question:
    """One order of a message with all that its action needs.

    `further` read the scheduled steps after the first. `number` counts ORC from 1.
    """

    reader: Reader
    inbound: Inbound
    cause: Cause
    number: int
    further: tuple[Reader, ...] = ()

    @cached_property
    def filled(self) -> Filled:
        """The order as asked for, with what Z segments say and all of its steps."""
        found = fill(self.reader, self.inbound)
        steps = tuple(reader.schedule() for reader in self.further)
        found.request = replace(found.request, further_steps=steps)
        return found

    @cached_property
    def patient(self) -> PatientRequest:
        return read_patient(self.inbound.message, self.inbound.peer)

    @cached_property
    def visit(self) -> VisitRequest | None:
        return read_visit(self.inbound.message, self.inbound.peer)

    @property
    def control(self) -> str:
        return control_of(self.reader.group)

    @property
    def numbers(self) -> tuple[str, str]:
        """ORC-2 as asked: number and namespace."""
        orc = self.reader.group.orc
        return (orc.value(2, 1), orc.value(2, 2)) if orc else ("", "")

    @property
    def reason(self) -> str:
        return self.reader.value(("ORC-16.2", "ORC-16.1"))


def control_of(group: OrderGroup) -> str:
    return group.orc.value(1).upper() if group.orc else ""


def questions(inbound: Inbound, cause: Cause) -> list[Question]:
    """Steps of one procedure (IPC, or ORC and OBR again) are one question.

    2.3.1 repeats ORC and OBR per step with the same OBR-18 and OBR-19.
    """
    mapping = mapping_for(inbound.peer, inbound.message)
    refused = refused_fields(inbound)

    def reader(group: OrderGroup) -> Reader:
        return Reader(group, inbound.message, mapping, inbound.peer, refused)

    found: dict[object, list[OrderGroup]] = {}
    numbers: dict[object, int] = {}
    for number, group in enumerate(order_groups(inbound.message), start=1):
        key = _procedure_of(group) or number
        found.setdefault(key, []).extend(_steps(group))
        numbers.setdefault(key, number)
    return [
        Question(
            reader(first), inbound, cause, numbers[key], tuple(map(reader, further))
        )
        for key, (first, *further) in found.items()
    ]


def _procedure_of(group: OrderGroup) -> object:
    """Control, accession and procedure ID, where both numbers are given."""
    numbers = (group.obr.value(18), group.obr.value(19)) if group.obr else ("", "")
    return (control_of(group), *numbers) if all(numbers) else None


def _steps(group: OrderGroup) -> Iterator[OrderGroup]:
    """One group per IPC; the first keeps all else."""
    if len(group.ipc) < 2:
        yield group
        return
    for ipc in group.ipc:
        yield replace(group, ipc=[ipc])


def families(asked: list[Question]) -> list[list[Question]]:
    """All RP with the RO that follow, PA with its CH: all or none; else each alone."""
    found: list[list[Question]] = []
    for question in asked:
        if found and _belongs(question, found[-1]):
            found[-1].append(question)
        else:
            found.append([question])
    return found


def _belongs(question: Question, family: list[Question]) -> bool:
    """Several orders may be replaced together, each with an RP of its own."""
    head, last = family[0].control, family[-1].control
    if question.control == REPLACE:
        return last == REPLACE
    return _FAMILIES.get(head) == question.control
