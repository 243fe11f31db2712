"""Merges, moves and changed numbers: A18, A24, A34 to A37, A40 to A51 (section 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from django.db import DataError
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7.described import describe_person
from orders.hl7.facts import facts
from orders.hl7.patients import (
    TOO_LONG,
    check_patient,
    read_accounts,
    read_identifiers,
    read_patient,
    read_visits,
)
from orders.models import MergeJournal
from orders.requests import Identifier, PatientRequest
from orders.services import linking, merging, moving
from radflow.hl7.acks import HL7Error
from radflow.hl7.fields import CX, XPN
from radflow.hl7.message import Message, Segment
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Applied, Handler, Inbound

# The MRG fields without which an event says nothing.
_NEEDED: dict[str, tuple[int, ...]] = {
    "A18": (1,),
    "A34": (1,),
    "A35": (3,),
    "A36": (1, 3),
    "A40": (1,),
    "A41": (3,),
    "A42": (5,),
    "A43": (1,),
    "A44": (3,),
    "A45": (5,),
    "A47": (1,),
    "A49": (3,),
    "A50": (5,),
    "A51": (6,),
}
_NAMES = {
    1: "prior patient identifier",
    3: "prior account",
    5: "prior visit",
    6: "prior visit",
}


@dataclass(frozen=True)
class Pair:
    """A PID with one of the MRG that follow it; `visit` is PV1 of the pair."""

    pid: Segment
    mrg: Segment
    visit: Segment | None
    inbound: Inbound
    cause: Cause
    event: str

    @property
    def patient(self) -> PatientRequest:
        return read_patient(self.inbound.message, self.inbound.peer, self.pid)

    @property
    def prior_name(self) -> PatientRequest:
        """MRG-7: what the sender calls the person who is retired."""
        name = XPN.of(self.mrg, 7)
        return PatientRequest((), name.family, name.given)

    def retired(self, number: int) -> tuple[Identifier, ...]:
        """What MRG names; without a type it is of the type that PID-3 has there."""
        message, peer = self.inbound.message, self.inbound.peer
        kinds = {one.assigning_authority: one.type for one in self.patient.identifiers}
        return read_identifiers(self.mrg, number, message, peer, kinds)

    @property
    def source(self) -> tuple[Identifier, ...]:
        return self.retired(1)

    @property
    def account(self) -> Identifier:
        return _one(self._accounts(self.pid, 18), "PID-18")

    @property
    def prior_account(self) -> Identifier:
        return _one(self._accounts(self.mrg, 3), "MRG-3")

    def _accounts(self, segment: Segment, number: int) -> tuple[Identifier, ...]:
        return read_accounts(segment, number, self.inbound.message, self.inbound.peer)

    @property
    def new_number(self) -> Identifier | None:
        """PV1-19 where PV1 says one at all."""
        found = self._visits(self.visit, 19)
        return found[0] if found else None

    @property
    def visit_number(self) -> Identifier:
        return _one(self._visits(self.visit, 19), "PV1-19")

    @property
    def alternate_number(self) -> Identifier:
        return _one(self._visits(self.visit, 50), "PV1-50")

    def prior_visit(self, number: int) -> Identifier:
        return _one(self._visits(self.mrg, number), f"MRG-{number}")

    def _visits(self, segment: Segment | None, number: int) -> tuple[Identifier, ...]:
        return read_visits(segment, number, self.inbound.message) if segment else ()


def _one(found: tuple[Identifier, ...], where: str) -> Identifier:
    if not found:
        raise Parked("101", f"{where} is missing.", where.replace("-", "^1^"))
    return found[0]


def pairs(inbound: Inbound, cause: Cause, event: str) -> Iterator[Pair]:
    """Every PID with each of its MRG: ADT_A39 repeats both, ADT_A45 repeats MRG."""
    segments = inbound.message.segments
    pid: Segment | None = None
    for index, segment in enumerate(segments):
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG" and pid is not None:
            following = segments[index + 1 : index + 2]
            visit = next((s for s in following if s.name == "PV1"), None)
            visit = visit or inbound.message.first("PV1")
            yield Pair(pid, segment, visit, inbound, cause, event)


def check(message: Message) -> None:
    check_patient(message)
    event = message.message_type.partition("^")[2]
    mrgs = message.all("MRG")
    if not mrgs:
        raise HL7Error("100", gettext_noop("Segment MRG is missing."), "MRG^1")
    for count, mrg in enumerate(mrgs, start=1):
        for number in _NEEDED[event]:
            if not any(cx.id.strip() for cx in CX.all(mrg, number)):
                what = _NAMES.get(number, "prior number")
                raise HL7Error(
                    "101",
                    f"The {what} (MRG-{number}) is missing.",
                    f"MRG^{count}^{number}",
                )


def keys(message: Message, peer: Peer | None) -> list[str]:
    """All people that it speaks of, so that nothing of either overtakes it."""
    found = []
    for segment in message.segments:
        if segment.name in ("PID", "MRG"):
            number = 3 if segment.name == "PID" else 1
            found += [cx.id.strip() for cx in CX.all(segment, number)]
    return [f"P:{value}" for value in dict.fromkeys(found) if value]


def apply(inbound: Inbound) -> Applied:
    """All pairs of the message, or none."""
    cause, event = _cause(inbound), inbound.row.message_type.partition("^")[2]
    applied = Applied()
    try:
        for pair in pairs(inbound, cause, event):
            for journal in _ACTIONS[event](pair):
                applied.order_ids += journal.moved["orders"] if journal else []
                if journal is None:
                    applied.warnings.append(
                        gettext_noop("Nothing to change: it is so already")
                    )
    except OrderError as error:
        is_final = error.code != merging.MergeDoubtful.code
        raise Parked(error.code, error.text, is_final=is_final, holds=True) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error
    return applied


def _cause(inbound: Inbound) -> Cause:
    at = read_patient(inbound.message, inbound.peer).event_time
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    return replace(cause, at=at) if at else cause


Done = list[MergeJournal | None]


def _merge(pair: Pair) -> Done:
    journal = merging.merge_patients(
        survivor=pair.patient,
        retired=pair.retired(1),
        prior_name=pair.prior_name,
        cause=pair.cause,
        event=pair.event,
    )
    return [journal]


def _merge_accounts(pair: Pair) -> Done:
    journal = moving.merge_accounts(
        patient=pair.patient,
        account=pair.account,
        retired=pair.prior_account,
        cause=pair.cause,
        event=pair.event,
    )
    return [journal]


def _merge_both(pair: Pair) -> Done:
    return [*_merge(pair), *_merge_accounts(pair)]


def _merge_visits(pair: Pair) -> Done:
    journal = moving.merge_visits(
        patient=pair.patient,
        number=pair.visit_number,
        retired=pair.prior_visit(5),
        cause=pair.cause,
        event=pair.event,
    )
    return [journal]


def _move_identifier(pair: Pair) -> Done:
    journal = moving.move_identifier(
        to=_other_person(pair), moving=pair.retired(1), cause=pair.cause
    )
    return [journal]


def _other_person(pair: Pair) -> PatientRequest:
    """Without the identifier that moves, should PID-3 repeat it."""
    patient, moving_ids = pair.patient, set(pair.retired(1))
    left = tuple(one for one in patient.identifiers if one not in moving_ids)
    return replace(patient, identifiers=left)


def _move_account(pair: Pair) -> Done:
    journal = moving.move_account(
        to=pair.patient,
        source=pair.source,
        account=pair.prior_account,
        cause=pair.cause,
    )
    return [journal]


def _move_visit(pair: Pair) -> Done:
    journal = moving.move_visit(
        to=pair.patient,
        source=pair.source,
        visit_number=pair.prior_visit(5),
        new_number=pair.new_number,
        cause=pair.cause,
    )
    return [journal]


def _change_identifier(pair: Pair) -> Done:
    journal = moving.change_identifier(
        patient=pair.patient, retired=pair.retired(1), cause=pair.cause
    )
    return [journal]


def _change_account(pair: Pair) -> Done:
    return _merge_accounts(pair)


def _change_visit(pair: Pair) -> Done:
    journal = moving.change_visit_number(
        patient=pair.patient,
        old=pair.prior_visit(5),
        new=pair.visit_number,
        cause=pair.cause,
    )
    return [journal]


def _change_alternate(pair: Pair) -> Done:
    journal = moving.change_alternate_visit(
        patient=pair.patient,
        old=pair.prior_visit(6),
        new=pair.alternate_number.value,
        cause=pair.cause,
    )
    return [journal]


_ACTIONS: dict[str, Callable[[Pair], Done]] = {
    "A18": _merge,
    "A34": _merge,
    "A35": _merge_accounts,
    "A36": _merge_both,
    "A40": _merge,
    "A41": _merge_accounts,
    "A42": _merge_visits,
    "A43": _move_identifier,
    "A44": _move_account,
    "A45": _move_visit,
    "A47": _change_identifier,
    "A49": _change_account,
    "A50": _change_visit,
    "A51": _change_alternate,
}


def check_link(message: Message) -> None:
    if len(message.all("PID")) < 2:
        raise HL7Error("100", gettext_noop("A second PID is missing."), "PID^2")
    for count, pid in enumerate(message.all("PID"), start=1):
        if not any(cx.id.strip() for cx in CX.all(pid, 3)):
            raise HL7Error(
                "101",
                gettext_noop("Patient identifier (PID-3) is missing."),
                f"PID^{count}^3",
            )


def apply_link(inbound: Inbound) -> Applied:
    """A24 says that two records are of one person, A37 that they are not."""
    first, second = (
        read_patient(inbound.message, inbound.peer, pid)
        for pid in inbound.message.all("PID")[:2]
    )
    is_link = inbound.row.message_type == "ADT^A24"
    act = linking.link_patients if is_link else linking.unlink_patients
    try:
        act(first=first, second=second, cause=_cause(inbound))
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    return Applied()


MERGES = Handler(
    apply=apply, check=check, keys=keys, describe=describe_person, facts=facts
)
LINKS = Handler(
    apply=apply_link, check=check_link, keys=keys, describe=describe_person, facts=facts
)
