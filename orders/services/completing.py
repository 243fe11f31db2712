"""What the catalogue adds to an order, and what it misses there."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_noop

from orders.models import LateralityRule, Order, Procedure
from orders.requests import Code, OrderRequest, ScheduleRequest
from orders.services.attention import reason_of

# As a source of values, where a message has its fields.
CATALOGUE = gettext_noop("catalogue")
UNMAPPED = gettext_noop(
    "Procedure unmapped: the code is not in the catalogue and the order names no "
    "modality. Map the code, and every order that waits for it goes on."
)
NEEDS_SIDE = gettext_noop(
    "The procedure needs a side, and the order names none. It is not scheduled until "
    "the ordering system or a person gives the side."
)
HAS_NO_SIDE = gettext_noop(
    "The order names a side, and the procedure has none. Ask the ordering system "
    "whether another procedure is meant."
)
BLOCKING = (UNMAPPED, NEEDS_SIDE)
LACKS = (*BLOCKING, HAS_NO_SIDE)


def completed(request: OrderRequest, procedure: Procedure | None) -> OrderRequest:
    """Fill from the catalogue what the message left out."""
    if procedure is None:
        return request
    code = request.procedure
    named = Code(code.code, code.text or procedure.text, code.system)
    sources = dict(request.sources)
    if not code.text:
        sources["procedure_text"] = CATALOGUE
    if not request.modality:
        sources["modality"] = CATALOGUE
    protocol = request.protocol
    # Read from OBR-4 where the message has no field of its own for it.
    if protocol.code in ("", code.code) and procedure.protocol_code:
        protocol = protocol_of(procedure)
        sources["protocol_code"] = CATALOGUE
    return replace(
        request,
        procedure=named,
        modality=request.modality or procedure.modality,
        protocol=protocol,
        sources=sources,
    )


def protocol_of(procedure: Procedure) -> Code:
    return Code(
        procedure.protocol_code, procedure.protocol_text, procedure.protocol_system
    )


def may_be_scheduled(order: Order) -> bool:
    """Whether it says all that a scanner's worklist must."""
    return not order.is_container and reason_of(order) not in BLOCKING


def slot_wanted(order: Order) -> ScheduleRequest:
    """The start that the order still asks for; its midnight is a day without time."""
    start = order.requested_start
    zone = ZoneInfo(order.peer.time_zone if order.peer else settings.TIME_ZONE)
    if start is None or start.astimezone(zone).time() == time():
        return ScheduleRequest()
    overlap = bool(order.peer and order.peer.books_appointments)
    return ScheduleRequest(start=start, may_overlap=overlap)


def missing(order: Order, procedure: Procedure | None) -> str:
    """What the catalogue misses in an order, in words for a person."""
    if not order.modality:
        return UNMAPPED
    rule = procedure.laterality if procedure else LateralityRule.OPTIONAL
    if rule == LateralityRule.REQUIRED and not order.laterality:
        return NEEDS_SIDE
    return HAS_NO_SIDE if rule == LateralityRule.NONE and order.laterality else ""
