"""Give a sender's code its meaning; every order that waits for it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext, gettext_noop

from orders import signals
from orders.catalogue.waiting import Unknown, unknown_codes, waiting_orders
from orders.cause import Cause
from orders.hl7.questions import questions
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, Procedure, ProcedureAlias
from orders.requests import Code, OrderRequest, ScheduleRequest
from orders.selectors import code_of, known_procedure
from orders.services.attention import put_reason
from orders.services.completing import (
    CATALOGUE,
    completed,
    may_be_scheduled,
    missing,
    slot_wanted,
)
from orders.services.events import save, tell_timeline
from orders.services.provenance import keep_source
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.hl7.errors import HL7Error
from radflow.live import services as live
from radflow.messaging.exceptions import Parked
from radflow.messaging.handling.replay import replay
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.parking import read

_FILLED = (
    "procedure_text",
    "modality",
    "protocol_code",
    "protocol_text",
    "protocol_system",
)


class NotMapped(Exception):
    """The text says why; nothing was written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Released:
    """How many orders have a modality now, and how many messages are applied again."""

    orders: int = 0
    scheduled: int = 0
    messages: int = 0


@unit.atomic
def map_code(
    *, peer: Peer | None, code: str, system: str, procedure: Procedure, user: User
) -> Released:
    """This sender's code (everybody's without a peer) means the procedure.

    All orders and parked messages that wait for it go on in this transaction, or
    none do. Raises NotMapped for a procedure that is not ordered any more.
    """
    meant = Procedure.objects.select_for_update(of=("self",)).get(pk=procedure.pk)
    if not meant.active:
        raise NotMapped(
            gettext("This procedure is retired. Choose one that is ordered.")
        )
    if not code:
        raise NotMapped(gettext("An order without a code cannot be mapped by it."))
    alias, _ = ProcedureAlias.objects.update_or_create(
        peer=peer,
        code=code,
        system=system,
        defaults={"procedure": meant, "mapped_by": user},
    )
    audit.record(
        "code_mapped",
        actor=user,
        detail={
            "alias": alias.pk,
            "peer": peer.pk if peer else None,
            "code": code,
            "system": system,
            "procedure": meant.pk,
        },
    )
    return release_known(by=user, only={(code, system)})


@unit.atomic
def release_known(*, by: User, only: set[tuple[str, str]] | None = None) -> Released:
    """Let everything go on whose code the catalogue knows by now.

    `only` names codes with their systems; without it all are looked at.
    """
    found = [
        one
        for one in unknown_codes()
        if (only is None or (one.asked.code, one.asked.system) in only)
        and known_procedure(one.asked, one.peer)
    ]
    cause = Cause(user=by)
    scheduled = [_release(order, cause) for order in _locked(found)]
    return Released(
        orders=len(scheduled),
        scheduled=sum(scheduled),
        messages=_replay(found, by),
    )


def _locked(found: Iterable[Unknown]) -> list[Order]:
    """In the order of their numbers, as everybody locks them."""
    wanted = {
        (one.peer and one.peer.pk, one.asked.code, one.asked.system) for one in found
    }
    codes = {code for _, code, _ in wanted}
    rows = waiting_orders().filter(procedure_code__in=codes).order_by("id")
    return [
        order
        for order in rows.select_for_update(of=("self",)).select_related("peer")
        if (order.peer_id, order.procedure_code, order.procedure_system) in wanted
    ]


def _release(order: Order, cause: Cause) -> bool:
    """Whether the order is scheduled after it."""
    procedure = known_procedure(code_of(order), order.peer)
    if procedure is None:
        return False
    was = {name: getattr(order, name) for name in _FILLED}
    _fill(order, procedure)
    put_reason(order, missing(order, procedure))
    save(order)
    live.publish("patient", order.patient_id)
    _tell(order, procedure, was, cause)
    if order.status == ExamState.ORDERED and may_be_scheduled(order):
        first, *further = _asked_for(order)
        signals.order_placed.send(
            Order, order=order, schedule=first, further=tuple(further), cause=cause
        )
    return order.status == ExamState.SCHEDULED


def _fill(order: Order, procedure: Procedure) -> None:
    protocol = Code(order.protocol_code, order.protocol_text, order.protocol_system)
    asked = OrderRequest(procedure=code_of(order), protocol=protocol)
    filled = completed(asked, procedure)
    order.modality = filled.modality
    order.procedure_text = filled.procedure.text[:200]
    order.protocol_code = filled.protocol.code
    order.protocol_text = filled.protocol.text[:200]
    order.protocol_system = filled.protocol.system


def _tell(
    order: Order, procedure: Procedure, was: dict[str, str], cause: Cause
) -> None:
    tell_timeline(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Code mapped to the catalogue"),
        detail=f"{order.procedure_code} is {procedure}, {procedure.modality}. "
        f"{order.needs_attention}".strip()[:500],
        cause=cause,
    )
    keep_source(
        order,
        was=was,
        now={name: getattr(order, name) for name in _FILLED},
        sources=dict.fromkeys(_FILLED, CATALOGUE),
        cause=cause,
    )
    audit.record(
        "order_mapped",
        actor=cause.user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"procedure": procedure.pk},
    )


def _asked_for(order: Order) -> list[ScheduleRequest]:
    """The steps as the message asked, at the time that the order wants by now."""
    wanted = slot_wanted(order)
    if not (request := _request_of(order)):
        return [wanted]
    first = replace(request.schedule, modality=order.modality)
    if order.requested_start not in (first.start, request.requested_start):
        first = replace(first, start=wanted.start, end=None)
    return [first, *request.further_steps]


def _request_of(order: Order) -> OrderRequest | None:
    """The order as its message says it; None where there is no such message."""
    placed = order.events.filter(from_status="", to_status=ExamState.ORDERED)
    inbound_id = placed.order_by("id").values_list("inbound_id", flat=True).first()
    if inbound_id is None:
        return None
    row = InboundMessage.objects.filter(pk=inbound_id, pruned_at=None).first()
    if row is None:
        return None
    try:
        asked = [one.filled.request for one in questions(read(row), Cause())]
    except (Parked, HL7Error):
        return None
    number = (order.placer_order_number, order.procedure_code)
    same = (r for r in asked if (r.placer_order_number, r.procedure.code) == number)
    return next(same, None)


def _replay(found: Iterable[Unknown], by: User) -> int:
    """Messages somebody dealt with meanwhile are left alone."""
    ids = sorted({pk for one in found for pk in one.messages})
    rows = InboundMessage.objects.filter(pk__in=ids, state=InboundState.PARKED)
    locked = list(rows.select_for_update().order_by("id").values_list("pk", flat=True))
    for pk in locked:
        replay(message_id=pk, reason="Its code is in the catalogue now.", by=by)
    return len(locked)
