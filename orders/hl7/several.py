"""One number that means several exams: an outcome for each (standards.md 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils.translation import gettext_noop

from orders.hl7.outbound import Answer
from orders.hl7.questions import Question
from orders.lifecycle import Refused
from orders.models import Order
from orders.services.drift import alarm_station
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import ReplyStyle
from radflow.messaging.routes import Applied, Inbound

STARTED = "EXAM_STARTED"


def responds(inbound: Inbound) -> bool:
    return inbound.peer.reply_style == ReplyStyle.ORDER_RESPONSE


def hears_one_answer(inbound: Inbound) -> bool:
    """For all orders of its message, with the result: so it has all or none."""
    return inbound.answered_on_the_line and not responds(inbound)


def refusal(error: Refused) -> Parked:
    if error.code == STARTED:
        text = gettext_noop(
            "The exam has already started, so this was not applied. Speak to the "
            "technologist; the exam can only be stopped there."
        )
    else:
        text = f"Not possible while the exam is {error.state.replace('_', ' ')}."
    return Parked(error.code, text)


def each(
    orders: Sequence[Order],
    act: Callable[[Order], Answer],
    *,
    question: Question,
    refused_as: str,
    told: str,
    applied: Applied,
) -> list[Answer]:
    """Those that can be done are done; raises where none can, or all must be.

    `told` is what the station hears of an exam that runs.
    """
    if len(orders) == 1 or hears_one_answer(question.inbound):
        return [act(order) for order in orders]
    answers: list[Answer] = []
    refused: list[tuple[Order, Parked]] = []
    for order in orders:
        try:
            with transaction.atomic():
                answers.append(act(order))
        except (Refused, Parked) as error:
            parked = refusal(error) if isinstance(error, Refused) else error
            refused.append((order, parked))
            answers.append(_unable(order, parked, refused_as))
    if len(refused) == len(orders):
        raise refused[0][1]
    if refused:
        applied.refused = _rest(refused, len(orders))
    for order, parked in refused:
        if parked.code == STARTED:
            alarm_station(order_id=order.pk, text=told, cause=question.cause)
    return answers


def _unable(order: Order, parked: Parked, code: str) -> Answer:
    return Answer(code, order, reason=(parked.code, parked.text[:60]))


def _rest(refused: list[tuple[Order, Parked]], of: int) -> Parked:
    order, first = refused[0]
    text = f"{len(refused)} of {of} exams, the first {order.filler_order_number}: "
    return Parked(first.code, text + first.text, first.location, holds=False)
