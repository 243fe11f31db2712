"""Order messages from placers: ORM^O01, OML^O21, OMI^O23, OMG^O19 (section 14.4)."""

from __future__ import annotations

from dataclasses import replace

from django.db import DataError, transaction
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7 import outbound
from orders.hl7.addressing import addressed
from orders.hl7.controls import CONTROLS, HELD_FOR, keep_held
from orders.hl7.described import describe_orders
from orders.hl7.facts import facts
from orders.hl7.families import Family
from orders.hl7.outbound import Answer
from orders.hl7.patients import (
    RETIRED,
    TOO_LONG,
    check_patient,
    patient_keys,
    refuse_retired,
)
from orders.hl7.profiles import mapping_for
from orders.hl7.questions import (
    CHILD,
    PARENT,
    REPLACEMENT,
    Question,
    control_of,
    families,
    questions,
)
from orders.hl7.requests import Reader
from orders.hl7.several import hears_one_answer, refusal, responds
from orders.identity import Comparison, compare
from orders.lifecycle import Refused
from orders.models import Order, OrderEvent
from orders.services import note_on, warn_of_identity
from orders.services.identifiers import names_retired
from radflow.hl7.acks import HL7Error
from radflow.hl7.groups import OrderGroup, order_groups
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Applied, Handler, Inbound, Response

# These bring an order, so they need a placer number and a procedure.
_NEW = frozenset({"NW", CHILD, REPLACEMENT})
# What stands or falls together: families of orders.
Part = list[list[Question]]

DIFFERS = gettext_noop(
    "Family name, birth date or sex differs from the file: accepted, to compare"
)


def check(message: Message) -> None:
    """What must be there before we take responsibility (standards.md 3.1)."""
    check_patient(message)
    groups = order_groups(message)
    if not groups or groups[0].orc is None:
        raise HL7Error("100", gettext_noop("Segment ORC is missing."), "ORC^1")
    for number, group in enumerate(groups, start=1):
        _check_group(group, number)


def _check_group(group: OrderGroup, number: int) -> None:
    control = control_of(group)
    if not control:
        raise HL7Error(
            "101", gettext_noop("Order control (ORC-1) is missing."), f"ORC^{number}^1"
        )
    if control not in CONTROLS:
        raise HL7Error(
            "103",
            gettext_noop("This order control is not supported here."),
            f"ORC^{number}^1",
        )
    numbers = [
        segment.value(field)
        for segment in (group.orc, group.obr)
        if segment is not None
        for field in (2, 3)
    ]
    brings_order = control in _NEW or control == PARENT
    if not any(numbers) or (brings_order and not any(numbers[::2])):
        raise HL7Error(
            "101", gettext_noop("Placer order number is missing."), f"ORC^{number}^2"
        )
    if control in _NEW:
        _check_new(group, number)


def _check_new(group: OrderGroup, number: int) -> None:
    if group.obr is None:
        raise HL7Error(
            "100", gettext_noop("A new order needs an OBR segment."), f"OBR^{number}"
        )
    if not (group.obr.value(4, 1) or group.obr.value(4, 2)):
        raise HL7Error(
            "101", gettext_noop("The procedure (OBR-4) is missing."), f"OBR^{number}^4"
        )


def keys(message: Message, peer: Peer | None) -> list[str]:
    """Patient identifiers and order numbers: what must not be overtaken."""
    found = patient_keys(message)
    for group in order_groups(message):
        for segment in (group.orc, group.obr):
            if segment is not None:
                found += [f"O:{segment.value(n)}" for n in (2, 3) if segment.value(n)]
    return list(dict.fromkeys(found))


def apply(inbound: Inbound) -> Applied:
    """Apply every order; one that is refused leaves the others standing.

    Only a sender that hears one answer for all of them, with the result, has all or
    none (section 3.3).
    """
    has_response = responds(inbound)
    cause = Cause(
        actor=inbound.peer.name, inbound_id=inbound.row.pk, answered=has_response
    )
    asked = questions(inbound, cause)
    is_retired = names_retired(asked[0].patient.identifiers)
    if is_retired:
        refuse_retired(inbound.peer)
    found = families(asked)
    parts = [found] if hears_one_answer(inbound) else [[family] for family in found]
    applied = Applied(warnings=[RETIRED] if is_retired else [])
    _warn_of_shape(asked, applied)
    answers = _all_of(parts, applied)
    if has_response and any(answer.code for answer in answers):
        applied.response = _respond(inbound, answers)
    elif not hears_one_answer(inbound):
        _send_refusals(inbound, answers)
    return applied


def _warn_of_shape(asked: list[Question], applied: Applied) -> None:
    if any(question.reader.group.shared_orc for question in asked):
        applied.warnings.append(
            gettext_noop("One ORC before several OBR: each was read as an order")
        )


def _all_of(parts: list[Part], applied: Applied) -> list[Answer]:
    if len(parts) == 1:
        return _apply_part(parts[0], applied)
    answers: list[Answer] = []
    refused: list[tuple[Question, Parked]] = []
    for part in parts:
        try:
            with transaction.atomic():
                answers += _apply_part(part, applied)
        except Parked as parked:
            asked = [question for family in part for question in family]
            refused.append((asked[0], parked))
            for question in asked:
                keep_held(question, parked)
            answers += [_refusal(question, parked) for question in asked]
    if len(refused) == len(parts):
        raise refused[0][1]
    if refused:
        applied.refused = _told(refused, len(parts))
    return answers


def _told(refused: list[tuple[Question, Parked]], of: int) -> Parked:
    """The rest of a message of which a part was applied."""
    first, parked = refused[0]
    text = f"{len(refused)} of {of} orders not applied, the first ORC {first.number}: "
    return Parked(parked.code, text + parked.text, parked.location, holds=False)


def _apply_part(part: Part, applied: Applied) -> list[Answer]:
    answers: list[Answer] = []
    try:
        for asked in part:
            controls = {question.control for question in asked}
            family = Family(has_replacement=REPLACEMENT in controls)
            for question in asked:
                answers += _apply_question(question, applied, family)
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error
    except Refused as error:
        raise refusal(error) from error
    return answers


def _apply_question(
    question: Question, applied: Applied, family: Family
) -> list[Answer]:
    answers = CONTROLS[question.control].act(question, applied, family)
    for order in (answer.order for answer in answers if answer.order):
        applied.order_ids.append(order.pk)
        _tell_received(order, question)
        _tell_filled(order, question, applied)
        _tell_retired(order, question, applied)
        _warn_of_identity(order, question, applied)
    return answers


def _respond(inbound: Inbound, answers: list[Answer]) -> Response | None:
    given = [answer for answer in answers if answer.code]
    for answer in given:
        if answer.order:
            answer.order.refresh_from_db()
    return outbound.send_answers(inbound=inbound, answers=given)


def refuse(inbound: Inbound, parked: Parked) -> Response | None:
    """Tell a sender that its orders were not taken, unless its one answer does."""
    groups = order_groups(inbound.message)
    if hears_one_answer(inbound) or not groups:
        return None
    mapping = mapping_for(inbound.peer, inbound.message)
    asked = [
        Question(
            Reader(group, inbound.message, mapping, inbound.peer),
            inbound,
            Cause(actor=inbound.peer.name),
            number,
        )
        for number, group in enumerate(groups, start=1)
    ]
    answers = [_refusal(question, parked) for question in asked]
    given = [answer for answer in answers if answer.code]
    if not responds(inbound):
        _send_refusals(inbound, given)
        return None
    return outbound.send_answers(inbound=inbound, answers=given) if given else None


def _send_refusals(inbound: Inbound, answers: list[Answer]) -> None:
    """It was answered at receipt, so its screen may show what did not happen (3.1)."""
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    for answer in answers:
        order = answer.order
        if order and answer.code.startswith("U") and order.peer == inbound.peer:
            outbound.send_refusal(order, answer.code, answer.reason, cause)


def keep(inbound: Inbound, parked: Parked) -> None:
    """What a parked message would have changed of orders that are known."""
    if parked.code not in HELD_FOR:
        return
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    for question in questions(inbound, cause):
        keep_held(question, parked)


def _refusal(question: Question, parked: Parked) -> Answer:
    control = CONTROLS.get(question.control)
    return Answer(
        control.refused if control else "UA",
        order=_refusing(question, parked),
        numbers=question.numbers,
        reason=(parked.code, parked.text[:60]),
    )


def _refusing(question: Question, parked: Parked) -> Order | None:
    """The one exam whose state refuses, so that the sender hears that state."""
    if parked.holds or parked.code == "UNKNOWN_ORDER":
        return None
    try:
        found = addressed(question.reader)
    except (HL7Error, Parked):
        return None
    return found[0] if len(found) == 1 else None


def _tell_received(order: Order, question: Question) -> None:
    """The message's own entry, at the time it was received."""
    row, control = question.inbound.row, question.control
    note_on(
        order,
        kind=OrderEvent.Kind.MESSAGE,
        title=f"{CONTROLS[control].received} {row.message_type} {control}",
        detail=f"{question.inbound.peer.name}, control ID {row.control_id}, "
        f"{len(row.raw)} bytes, answered {row.ack_code}",
        cause=replace(question.cause, at=row.received_at),
    )


def _tell_filled(order: Order, question: Question, applied: Applied) -> None:
    """What Z segments said, with the contract that says so."""
    if question.control not in ("NW", "XO"):
        return
    filled = question.filled
    applied.warnings += [w for w in filled.warnings if w not in applied.warnings]
    for title, detail in filled.notes:
        note_on(
            order,
            kind=OrderEvent.Kind.NOTE,
            title=title[:200],
            detail=detail,
            cause=replace(question.cause, at=question.inbound.row.received_at),
        )


def _tell_retired(order: Order, question: Question, applied: Applied) -> None:
    """The survivor has the order: whoever reads it sees which number came."""
    if RETIRED in applied.warnings:
        note_on(
            order,
            kind=OrderEvent.Kind.NOTE,
            title=gettext_noop("Merged identifier used"),
            detail=RETIRED,
            cause=question.cause,
        )


def _warn_of_identity(order: Order, question: Question, applied: Applied) -> None:
    """One identifier differs: accepted, and said to whoever performs the exam."""
    if compare(order.patient, question.patient) is Comparison.WARN:
        warn_of_identity(order_id=order.pk, told=question.patient, cause=question.cause)
        if DIFFERS not in applied.warnings:
            applied.warnings.append(DIFFERS)


ORDERS = Handler(
    apply=apply,
    check=check,
    keys=keys,
    refuse=refuse,
    keep=keep,
    describe=describe_orders,
    facts=facts,
)
