"""What each order control (ORC-1, table 0119) does, and what we answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from orders.hl7.addressing import addressed, known_by
from orders.hl7.bringing import (
    bury_for,
    comes_first,
    place,
    replace_order,
    replacement,
    upsert,
)
from orders.hl7.families import Act, Family
from orders.hl7.outbound import Answer
from orders.hl7.owners import addressed_by, ambiguous, refuse_other_study
from orders.hl7.questions import CHILD, PARENT, REPLACE, REPLACEMENT, Question
from orders.hl7.several import each
from orders.lifecycle import NOT_STARTED, TERMINAL_STATES, Event
from orders.models import Order
from orders.requests import OrderRequest
from orders.services import change_order, hold, record_answer, record_event, release
from orders.services.drift import (
    ACCEPTABLE,
    Difference,
    alarm_station,
    differences,
    hold_change,
)
from orders.services.holding import PLACER
from radflow.hl7.acks import HL7Error
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Drift
from radflow.messaging.routes import Applied


@dataclass(frozen=True)
class Control:
    """`done` and `refused` are the codes of our answer; empty: none is given."""

    act: Act
    received: str
    done: str = ""
    refused: str = ""


def _change(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """One exam: a new procedure for all exams of a placer number is a mistake."""
    request = question.filled.request
    if comes_first(question):
        return upsert(question, applied, family)
    orders = addressed_by(question)
    code = request.procedure.code
    if len(orders) > 1 and any(code not in ("", o.procedure_code) for o in orders):
        raise ambiguous("change")
    if len(orders) == 1:
        refuse_other_study(question, orders[0])
    answers = []
    for order in orders:
        found = _guard(order, question)
        changed = change_order(order_id=order.pk, request=request, cause=question.cause)
        if found and not changed.late:
            hold_change(
                order_id=order.pk, found=found, cause=question.cause, applied=True
            )
        if changed.late:
            applied.warnings.append(f"Late, not applied: {', '.join(changed.late)}")
        answers.append(Answer("XR", changed.order))
    return answers


def _guard(order: Order, question: Question) -> list[Difference]:
    """What of the exam itself would change; parked where the peer's setting is so."""
    said = question.filled.request
    found = [
        one
        for one in differences(order, said, None)
        if one.reason in ACCEPTABLE and order.status in NOT_STARTED
    ]
    if found and question.inbound.peer.drift == Drift.HOLD:
        raise Parked(
            HELD,
            gettext_noop(
                "It changes the procedure or the side of an open order. Compare both "
                "on the order’s page, and accept or reject it there."
            ),
            "OBR^1^4",
            is_final=False,
            holds=False,
        )
    return found


def keep_held(question: Question, parked: Parked) -> None:
    """For whom a message was parked: what it would have changed, side by side."""
    try:
        orders = addressed(question.reader)
    except (HL7Error, Parked):
        return
    said = question.filled.request if question.control == "XO" else OrderRequest()
    for order in orders:
        found = differences(order, said, question.patient)
        exam = [one for one in found if one.reason in ACCEPTABLE]
        if parked.code in _ABOUT_IDENTITY:
            hold_change(order_id=order.pk, found=found, cause=question.cause)
        elif parked.code in (HELD, "EXAM_STARTED"):
            hold_change(order_id=order.pk, found=exam, cause=question.cause)
        if parked.code == "EXAM_STARTED" and not (exam and question.control == "XO"):
            text = _while_it_runs(question)
            alarm_station(order_id=order.pk, text=text, cause=question.cause)


HELD = "DRIFT_HELD"
_ABOUT_IDENTITY = frozenset({"PATIENT_MISMATCH", "205", "ACCESSION_USED"})
HELD_FOR = _ABOUT_IDENTITY | {HELD, "EXAM_STARTED"}


def _cancel(event: Event, done: str) -> Act:
    """Also what was never ordered here: its order may still come (section 5.4)."""

    def act(question: Question, applied: Applied, family: Family) -> list[Answer]:
        if question.numbers[0] and not known_by(question.reader):
            return bury_for(question, applied, done)
        return _each(
            _with_children(addressed_by(question)),
            lambda order: Answer(done, _run(order, question, event)),
            question,
            applied,
        )

    return act


def _each(
    orders: list[Order],
    act: Callable[[Order], Answer],
    question: Question,
    applied: Applied,
) -> list[Answer]:
    return each(
        orders,
        act,
        question=question,
        refused_as=CONTROLS[question.control].refused,
        told=_while_it_runs(question),
        applied=applied,
    )


def _while_it_runs(question: Question) -> str:
    told = CONTROLS[question.control].received
    return f"{told} while the exam runs, so it was not applied."


def _with_children(orders: list[Order]) -> list[Order]:
    """With a parent go its children that have not ended."""
    parents = [order.pk for order in orders if order.is_container]
    if not parents:
        return orders
    children = Order.objects.filter(parent_id__in=parents).exclude(
        status__in=TERMINAL_STATES
    )
    return [*orders, *children.select_related("patient").order_by("pk")]


def _run(order: Order, question: Question, event: Event) -> Order:
    at = question.reader.event_time()
    if at and order.ordered_at and at < order.ordered_at:
        raise Parked(
            "ORDER_STATE",
            gettext_noop(
                "This is older than the order that it names: it belongs to one that "
                "was ordered before. Nothing was applied."
            ),
            "ORC^1^9",
        )
    return record_event(
        order_id=order.pk,
        event=event,
        cause=question.cause,
        detail=question.reason or gettext_noop("No reason given"),
        event_time=at,
    )


def _hold(question: Question, applied: Applied, family: Family) -> list[Answer]:
    return _held(question, applied, hold, "HR")


def _release(question: Question, applied: Applied, family: Family) -> list[Answer]:
    return _held(question, applied, release, "OR")


def _held(
    question: Question, applied: Applied, act: Callable[..., Order], done: str
) -> list[Answer]:
    """Late ones are told and kept, and change nothing."""
    at = question.reader.event_time()

    def one(order: Order) -> Answer:
        if at and order.event_time and at < order.event_time:
            applied.warnings.append(gettext_noop("Late, not applied: status"))
            return Answer(done, order)
        held = act(
            order_id=order.pk,
            by=PLACER,
            cause=question.cause,
            detail=question.reason or gettext_noop("No reason given"),
            event_time=at,
        )
        return Answer(done, held)

    return _each(addressed_by(question), one, question, applied)


def _inform(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """Status and numbers told to us: on the timeline, nothing else changes."""
    return [Answer("", order) for order in addressed_by(question)]


def _take_number(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """NA as a message of its own: the placer's number of an order made here."""
    orders = addressed_by(question)
    if len(orders) == 1 and not orders[0].placer_order_number:
        record_answer(
            order_id=orders[0].pk, placer=question.numbers, cause=question.cause
        )
    return [Answer("", order) for order in orders]


def _tell_status(question: Question, applied: Applied, family: Family) -> list[Answer]:
    return [Answer("SR", order) for order in addressed_by(question)]


CONTROLS: dict[str, Control] = {
    "NW": Control(place, gettext_noop("Order received"), "OK", "UA"),
    PARENT: Control(place, gettext_noop("Parent order received"), "OK", "UA"),
    CHILD: Control(place, gettext_noop("Child order received"), "OK", "UA"),
    REPLACE: Control(replace_order, gettext_noop("Replacement received"), "RQ", "UM"),
    REPLACEMENT: Control(
        replacement, gettext_noop("Replacing order received"), "OK", "UA"
    ),
    "XO": Control(_change, gettext_noop("Change received"), "XR", "UX"),
    "CA": Control(
        _cancel(Event.CANCEL, "CR"), gettext_noop("Cancellation received"), "CR", "UC"
    ),
    "DC": Control(
        _cancel(Event.DISCONTINUE, "DR"),
        gettext_noop("Discontinuation received"),
        "DR",
        "UD",
    ),
    "HD": Control(_hold, gettext_noop("Hold received"), "HR", "UH"),
    "RL": Control(_release, gettext_noop("Release received"), "OR", "UR"),
    "SS": Control(_tell_status, gettext_noop("Status asked"), "SR", "UA"),
    "SC": Control(_inform, gettext_noop("Status received")),
    "NA": Control(_take_number, gettext_noop("Number received")),
    "SN": Control(_inform, gettext_noop("Number asked")),
}
