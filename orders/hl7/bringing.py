"""The order controls that bring orders: NW, PA with CH, RP with RO, XO before NW."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_noop

from orders.hl7.addressing import known_by
from orders.hl7.families import Family
from orders.hl7.outbound import Answer
from orders.hl7.owners import addressed_by, ambiguous, refuse_other_study
from orders.hl7.questions import CHILD, PARENT, Question
from orders.lifecycle import TERMINAL_STATES, Event
from orders.models import Order
from orders.requests import OrderRequest
from orders.services import Placed, bury, differing, place_order, record_event
from radflow.messaging.exceptions import Parked
from radflow.messaging.routes import Applied

# What may come before the order that it is about.
_UNSEEN = {"CA": "cancellation", "DC": "discontinuation", "RP": "replacement"}


def place(question: Question, applied: Applied, family: Family) -> list[Answer]:
    placed = _placed(question, family)
    order = placed.order
    if not placed.is_new:
        refuse_other_study(question, order)
        _warn_of_differences(question, order, applied)
    if placed.is_new and order.status in TERMINAL_STATES:
        applied.warnings.append(
            gettext_noop("Cancelled before it was ordered: kept as cancelled")
        )
        reason = ("ORDER_STATE", gettext_noop("Cancelled before it was ordered"))
        return [Answer("UA", order, reason=reason)]
    if question.control == PARENT:
        family.parent = (order.placer_order_number, order.placer_namespace)
    return [Answer("OK", order)]


def _warn_of_differences(question: Question, order: Order, applied: Applied) -> None:
    """A repeat changes nothing; what it says otherwise should have been an XO."""
    if words := differing(order, question.filled.request):
        told = f"The order was there already; not applied: {', '.join(words)}"
        applied.warnings.append(told)


def _placed(question: Question, family: Family, look_why: str = "") -> Placed:
    return place_order(
        patient=question.patient,
        visit=question.visit,
        order=_child_of(question, family),
        cause=question.cause,
        peer=question.inbound.peer,
        replaces=family.replaced,
        is_container=question.control == PARENT,
        look_why=look_why,
    )


def _child_of(question: Question, family: Family) -> OrderRequest:
    """A child that names no parent (ORC-8) is one of the PA that it follows."""
    request = question.filled.request
    if question.control != CHILD or any(request.parent):
        return request
    return replace(request, parent=family.parent)


def replacement(question: Question, applied: Applied, family: Family) -> list[Answer]:
    if family.unseen:
        return _replace_unseen(question, applied, family)
    if family.replaced is None:
        raise Parked(
            "100",
            gettext_noop("A replacing order (RO) follows the one it replaces (RP)."),
        )
    return place(question, applied, family)


def _replace_unseen(
    question: Question, applied: Applied, family: Family
) -> list[Answer]:
    """The new order stands; the old one, should it still come, does not."""
    why = gettext_noop(
        "It replaces an order that never came here. Look whether that is right."
    )
    placed = _placed(question, family, why)
    for old in family.unseen:
        if question.numbers != old.numbers:
            bury_for(old, applied, "")
    return [Answer("OK", placed.order)]


def replace_order(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """Only together with the order that follows it, or not at all."""
    if not family.has_replacement:
        raise Parked(
            "100",
            gettext_noop(
                "An order is replaced (RP) by one that follows it in the same message "
                "(RO), and none does. Nothing was applied."
            ),
            f"ORC^{question.number}^1",
            holds=False,
        )
    if question.numbers[0] and not known_by(question.reader):
        family.unseen.append(question)
        return [Answer("RQ", numbers=question.numbers)]
    (order, *others) = addressed_by(question)
    if others:
        raise ambiguous("replace")
    replaced = record_event(
        order_id=order.pk,
        event=Event.REPLACE,
        cause=question.cause,
        detail=question.reason or gettext_noop("Replaced by the ordering system"),
        event_time=question.reader.event_time(),
    )
    family.replaced = family.replaced or replaced
    return [Answer("RQ", replaced)]


def bury_for(question: Question, applied: Applied, done: str) -> list[Answer]:
    """Kept for the order that may still come (section 5.4)."""
    bury(
        control=question.control,
        placer=question.numbers,
        filler=question.reader.value(("ORC-3.1", "OBR-3.1")),
        cause=question.cause,
        event_time=question.reader.event_time(),
    )
    applied.warnings.append(f"The {_UNSEEN[question.control]} came before its order")
    return [Answer(done, numbers=question.numbers)]


def comes_first(question: Question) -> bool:
    """A change of an order that we do not have, and which says enough to make it."""
    said = question.filled.request
    names = said.placer_order_number and (said.procedure.code or said.procedure.text)
    wanted = question.inbound.peer.upsert and question.patient.identifiers and names
    return bool(wanted) and not known_by(question.reader)


def upsert(question: Question, applied: Applied, family: Family) -> list[Answer]:
    why = gettext_noop(
        "The change came before its order, and made it. Look whether all is there."
    )
    placed = _placed(question, family, why)
    applied.warnings.append(
        gettext_noop("The change came before its order, and made it")
    )
    return [Answer("XR", placed.order)]
