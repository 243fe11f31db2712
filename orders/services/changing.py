"""Changed orders (ORC-1 XO): clinical details any time, all else before the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from orders import signals
from orders.cause import Cause
from orders.hl7 import outbound
from orders.lifecycle import NOT_STARTED, Event, ExamState, Refused, decide
from orders.models import Order, OrderEvent
from orders.requests import OrderRequest
from orders.selectors import known_procedure, procedure_of
from orders.services.attention import put_reason, reason_of
from orders.services.completing import (
    BLOCKING,
    LACKS,
    completed,
    may_be_scheduled,
    missing,
    slot_wanted,
)
from orders.services.events import run_event, save, tell_timeline
from orders.services.placing import TRACED, content_of
from orders.services.provenance import keep_source
from radflow import unit
from radflow.audit import services as audit

_WHAT = ("procedure_code", "laterality")
# What follows from the procedure, and is nothing without it.
_OF_PROCEDURE = (
    "procedure_text",
    "procedure_system",
    "protocol_code",
    "protocol_text",
    "protocol_system",
    "modality",
)
_TIMING = ("priority", "requested_start")
# May still change while the exam runs and after it.
_ANY_TIME = (
    "reason",
    "reason_code",
    "reason_system",
    "clinical_info",
    "danger_code",
    "comments",
    "transport",
    "ordering_provider",
    "callback",
)
# A technologist who has checked the patient already must hear of these.
_SAFETY = frozenset({"danger_code", "weight_kg"})
CHANGED = gettext_noop(
    "The ordering system changed the procedure or the side. Check the slot, and check "
    "the patient anew."
)
LATE = gettext_noop("Late: older than what is known here, so not applied")


@dataclass(frozen=True)
class Changed:
    """`late` names the groups (timing, clinical) whose news was stale (5.4)."""

    order: Order
    late: tuple[str, ...] = ()


@unit.atomic
def change_order(
    *, order_id: int, request: OrderRequest, cause: Cause, by_hand: bool = False
) -> Changed:
    """Apply an XO group by group; what is older than what we know is left out.

    Raises lifecycle.Refused where the exam has begun and procedure, side or time
    would change: then nothing of the change is applied. `by_hand`: a person corrects
    the procedure of an exam that was performed (T15).
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    change = _Change(order, _of_catalogue(order, request), by_hand=by_hand)
    change.refuse()
    change.apply(cause)
    return Changed(order, change.late)


def differing(order: Order, request: OrderRequest) -> list[str]:
    """What the request says otherwise, in words; for one that is not a change."""
    change = _Change(order, _of_catalogue(order, request))
    return sorted(_in_words(change.values)) if change.values else []


def _of_catalogue(order: Order, request: OrderRequest) -> OrderRequest:
    if request.procedure.code in ("", order.procedure_code):
        return request
    return completed(request, known_procedure(request.procedure, order.peer))


class _Change:
    """What a request says otherwise than the order, sorted into its groups."""

    def __init__(
        self, order: Order, request: OrderRequest, *, by_hand: bool = False
    ) -> None:
        self.order = order
        self.request = request
        self.before = ExamState(order.status)
        self._said = _said(request)
        self.late = tuple(
            name
            for name, known in (
                ("timing", order.timing_at),
                ("clinical", order.clinical_at),
            )
            if _is_late(request.event_time, known) and not by_hand
        )
        self.corrects = by_hand and self.before is ExamState.PERFORMED
        clinical = {} if "clinical" in self.late else self._clinical()
        timing = {} if "timing" in self.late else self._timing()
        self.values = {**clinical, **timing}
        self.is_other_exam = any(name in clinical for name in _WHAT)
        self.is_moved = "requested_start" in timing

    def _differing(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {
            name: self._said[name]
            for name in names
            if name in self._said and self._said[name] != getattr(self.order, name)
        }

    def _clinical(self) -> dict[str, Any]:
        what = self._differing(_WHAT)
        if "procedure_code" in what:
            # Nothing of the old procedure may stay with the new one.
            told = content_of(self.request)
            what |= {name: told[name] for name in _OF_PROCEDURE}
        if self.before not in NOT_STARTED:
            return what | self._differing(_ANY_TIME)
        rest = set(self._said) - {*_WHAT, *_OF_PROCEDURE, *_TIMING}
        return what | self._differing(tuple(sorted(rest)))

    def _timing(self) -> dict[str, Any]:
        return self._differing(_TIMING)

    @property
    def event(self) -> Event:
        return Event.CHANGE_PROCEDURE if self.is_other_exam else Event.CHANGE

    def refuse(self) -> None:
        if self.corrects:
            return
        decide(self.before, self.event)
        started = (ExamState.IN_PROGRESS, ExamState.PERFORMED)
        if self.is_moved and self.before in started:
            raise Refused("EXAM_STARTED", self.before, Event.MOVE)

    def apply(self, cause: Cause) -> None:
        order, was = self.order, {n: getattr(self.order, n) for n in self.values}
        no_longer_fits = self._no_longer_fits()
        for name, value in self.values.items():
            setattr(order, name, value)
        self._stamp()
        is_now_complete = self._warn()
        if not self._run(cause, guard=no_longer_fits):
            save(order)
        self._tell(was, cause)
        if self.values:
            outbound.send_correction(order, cause)
        if self.request.route and "clinical" not in self.late:
            signals.order_routed.send(Order, order=order, route=self.request.route)
        if self.values and not self.is_moved:
            signals.order_edited.send(Order, order=order, cause=cause)
        if is_now_complete and order.status == ExamState.ORDERED:
            wanted = self.request.schedule
            signals.order_placed.send(
                Order,
                order=order,
                schedule=wanted if wanted.start else slot_wanted(order),
                cause=cause,
            )
        elif self.is_moved and may_be_scheduled(order):
            signals.order_rescheduled.send(
                Order, order=order, schedule=self.request.schedule, cause=cause
            )

    def _run(self, cause: Cause, *, guard: bool) -> bool:
        if not self.is_other_exam or self.corrects:
            return False
        return run_event(
            self.order,
            event=Event.CHANGE_PROCEDURE,
            cause=cause,
            guard=guard,
            detail=CHANGED,
        )

    def _no_longer_fits(self) -> bool:
        """Another kind of scanner, or more time than the slot was made for."""
        if not self.is_other_exam or "procedure_code" not in self.values:
            return False
        if self.values["modality"] != self.order.modality:
            return True
        old = procedure_of(self.order)
        new = known_procedure(self.request.procedure, self.order.peer)
        return bool(old and new and new.duration_minutes > old.duration_minutes)

    def _stamp(self) -> None:
        at = self.request.event_time
        if at is None:
            return
        if "clinical" not in self.late:
            self.order.clinical_at = at
        if "timing" not in self.late:
            self.order.timing_at = at

    def _warn(self) -> bool:
        """Returns whether the order now says what it lacked for a worklist."""
        checked_in = (ExamState.ARRIVED, ExamState.READY)
        lacked = reason_of(self.order)
        if self.is_other_exam or lacked in LACKS:
            lack = missing(self.order, procedure_of(self.order))
            if lack or lacked in LACKS:
                put_reason(self.order, lack)
                return lacked in BLOCKING and may_be_scheduled(self.order)
        if self.before in checked_in and _SAFETY & set(self.values):
            put_reason(
                self.order,
                gettext_noop(
                    "Weight or danger code changed after check-in. Look again before "
                    "the scan."
                ),
            )
        return False

    def _tell(self, was: dict[str, Any], cause: Cause) -> None:
        late = f"{LATE}: {', '.join(self.late)}" if self.late else ""
        changed = ", ".join(_in_words(self.values)) or gettext_noop("Nothing differed")
        tell_timeline(
            self.order,
            kind=_STOP if self.is_other_exam or self.late else _MESSAGE,
            title=gettext_noop("Changed by the ordering system"),
            detail="; ".join(filter(None, (changed, late)))[:500],
            cause=cause,
        )
        keep_source(
            self.order,
            was=was,
            now={n: v for n, v in self.values.items() if n in TRACED},
            sources=self.request.sources,
            cause=cause,
        )
        audit.record(
            "order_changed",
            actor=cause.user,
            actor_text=cause.actor,
            patient_id=self.order.patient_id,
            order_id=self.order.pk,
            message_id=cause.inbound_id,
            detail={"changed": sorted(self.values), "late": list(self.late)},
        )


_WORDS = {
    "procedure_code": "procedure",
    "laterality": "side",
    "requested_start": "time",
    "reason": "reason",
    "clinical_info": "clinical information",
    "danger_code": "danger code",
    "ordering_provider": "ordering provider",
    "entered_by": "entered by",
    "entering_organization": "entering organization",
    "weight_kg": "weight",
    "height_m": "height",
}
# Said by the value that they belong to.
_UNSAID = frozenset(
    {*_OF_PROCEDURE, "reason_code", "reason_system", "placer_group_number"}
)


def _in_words(values: dict[str, Any]) -> list[str]:
    told = [_WORDS.get(name, name) for name in values if name not in _UNSAID]
    return told or [_WORDS.get(name, name) for name in values]


_STOP, _MESSAGE = OrderEvent.Kind.STOP, OrderEvent.Kind.MESSAGE


def _said(request: OrderRequest) -> dict[str, Any]:
    """What the request names; the priority only where it does, for R is our guess."""
    told = {name: value for name, value in content_of(request).items() if value}
    if not request.priority:
        told.pop("priority", None)
    start = request.requested_start or request.schedule.start
    return {**told, "requested_start": start} if start else told


def _is_late(at: datetime | None, known: datetime | None) -> bool:
    return bool(at and known and at < known)
