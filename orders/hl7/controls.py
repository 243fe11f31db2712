"""What each order control (ORC-1, table 0119) does, and what we answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_noop

from orders.hl7.addressing import addressed, known_by
from orders.hl7.outbound import Answer
from orders.hl7.questions import CHILD, PARENT, REPLACE, REPLACEMENT, Question
from orders.hl7.requests import location
from orders.hl7.several import each
from orders.identity import Comparison, compare
from orders.lifecycle import NOT_STARTED, TERMINAL_STATES, Event
from orders.models import Order
from orders.requests import EntityNumber, OrderRequest
from orders.services import (
    Placed,
    bury,
    change_order,
    differing,
    hold,
    place_order,
    record_answer,
    record_event,
    release,
)
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

Act = Callable[[Question, Applied, "Family"], list[Answer]]


@dataclass
class Family:
    """What the orders of one RP or PA share.

    `unseen` ask to replace what never came; `has_replacement`: an RO follows.
    """

    has_replacement: bool = False
    replaced: Order | None = None
    unseen: list[Question] = field(default_factory=list)
    parent: EntityNumber = ("", "")


@dataclass(frozen=True)
class Control:
    """`done` and `refused` are the codes of our answer; empty: none is given."""

    act: Act
    received: str
    done: str = ""
    refused: str = ""


def _place(question: Question, applied: Applied, family: Family) -> list[Answer]:
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


def _replacement(question: Question, applied: Applied, family: Family) -> list[Answer]:
    if family.unseen:
        return _replace_unseen(question, applied, family)
    if family.replaced is None:
        raise Parked(
            "100",
            gettext_noop("A replacing order (RO) follows the one it replaces (RP)."),
        )
    return _place(question, applied, family)


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
            _bury(old, applied, "")
    return [Answer("OK", placed.order)]


def _replace(question: Question, applied: Applied, family: Family) -> list[Answer]:
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
    (order, *others) = _addressed(question)
    if others:
        raise _ambiguous("replace")
    replaced = record_event(
        order_id=order.pk,
        event=Event.REPLACE,
        cause=question.cause,
        detail=question.reason or gettext_noop("Replaced by the ordering system"),
        event_time=question.reader.event_time(),
    )
    family.replaced = family.replaced or replaced
    return [Answer("RQ", replaced)]


def _change(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """One exam: a new procedure for all exams of a placer number is a mistake."""
    request = question.filled.request
    if _comes_first(question):
        return _upsert(question, applied, family)
    orders = _addressed(question)
    code = request.procedure.code
    if len(orders) > 1 and any(code not in ("", o.procedure_code) for o in orders):
        raise _ambiguous("change")
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


def _comes_first(question: Question) -> bool:
    """A change of an order that we do not have, and which says enough to make it."""
    said = question.filled.request
    names = said.placer_order_number and (said.procedure.code or said.procedure.text)
    wanted = question.inbound.peer.upsert and question.patient.identifiers and names
    return bool(wanted) and not known_by(question.reader)


def _upsert(question: Question, applied: Applied, family: Family) -> list[Answer]:
    why = gettext_noop(
        "The change came before its order, and made it. Look whether all is there."
    )
    placed = _placed(question, family, why)
    applied.warnings.append(
        gettext_noop("The change came before its order, and made it")
    )
    return [Answer("XR", placed.order)]


def _ambiguous(what: str) -> Parked:
    return Parked(
        "UNKNOWN_ORDER",
        "Several exams have this placer number. The sender must name the one to "
        f"{what} by its filler number.",
        "ORC^1^3",
    )


def _cancel(event: Event, done: str) -> Act:
    """Also what was never ordered here: its order may still come (section 5.4)."""

    def act(question: Question, applied: Applied, family: Family) -> list[Answer]:
        if question.numbers[0] and not known_by(question.reader):
            return _bury(question, applied, done)
        return _each(
            _with_children(_addressed(question)),
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


def _bury(question: Question, applied: Applied, done: str) -> list[Answer]:
    bury(
        control=question.control,
        placer=question.numbers,
        filler=question.reader.value(("ORC-3.1", "OBR-3.1")),
        cause=question.cause,
        event_time=question.reader.event_time(),
    )
    what = CONTROLS[question.control].received.removesuffix(" received").lower()
    applied.warnings.append(f"The {what} came before its order")
    return [Answer(done, numbers=question.numbers)]


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

    return _each(_addressed(question), one, question, applied)


def _inform(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """Status and numbers told to us: on the timeline, nothing else changes."""
    return [Answer("", order) for order in _addressed(question)]


def _take_number(question: Question, applied: Applied, family: Family) -> list[Answer]:
    """NA as a message of its own: the placer's number of an order made here."""
    orders = _addressed(question)
    if len(orders) == 1 and not orders[0].placer_order_number:
        record_answer(
            order_id=orders[0].pk, placer=question.numbers, cause=question.cause
        )
    return [Answer("", order) for order in orders]


def _tell_status(question: Question, applied: Applied, family: Family) -> list[Answer]:
    return [Answer("SR", order) for order in _addressed(question)]


CONTROLS: dict[str, Control] = {
    "NW": Control(_place, gettext_noop("Order received"), "OK", "UA"),
    PARENT: Control(_place, gettext_noop("Parent order received"), "OK", "UA"),
    CHILD: Control(_place, gettext_noop("Child order received"), "OK", "UA"),
    REPLACE: Control(_replace, gettext_noop("Replacement received"), "RQ", "UM"),
    REPLACEMENT: Control(
        _replacement, gettext_noop("Replacing order received"), "OK", "UA"
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


def _addressed(question: Question) -> list[Order]:
    found = addressed(question.reader)
    _refuse_other_patient(question, found)
    return found


def _refuse_other_patient(question: Question, found: list[Order]) -> None:
    request = question.patient
    ids = {(i.value, i.assigning_authority) for i in request.identifiers}
    for order in found:
        known = {
            (i.value, i.assigning_authority) for i in order.patient.identifiers.all()
        }
        differs = compare(order.patient, request) is Comparison.CONFLICT
        if differs or not ids & known:
            raise Parked(
                "PATIENT_MISMATCH",
                gettext_noop(
                    "The order belongs to another patient than this message names. "
                    "Nothing was applied: compare both and correct the sender."
                ),
                "PID^1^3",
            )


def refuse_other_study(question: Question, order: Order) -> None:
    """A Study UID or accession that was given is never re-pointed (section 8.1)."""
    number = question.filled.request.accession_number
    if number not in ("", order.accession_number):
        raise Parked(
            "205",
            gettext_noop(
                "The order has another accession number than this message. Ours is "
                "kept and nothing was applied: correct the sender."
            ),
            location(question.filled.request.sources["accession_number"]),
        )
    told = question.filled.request.study_instance_uid
    if told not in ("", order.study_instance_uid):
        raise Parked(
            "205",
            gettext_noop(
                "The order has another Study Instance UID than this message. Ours is "
                "kept and nothing was applied: correct the sender."
            ),
            "ZDS^1^1" if question.reader.group.zds else "IPC^1^3",
        )
