"""The timeline and the progress line as the order page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from orders.lifecycle import TERMINAL_STATES, ExamState
from orders.models import Order, OrderEvent
from orders.views.origins import SAME_MOMENT

Kind = OrderEvent.Kind
_ICONS = {
    Kind.MESSAGE: "inbox",
    Kind.STATE: "circle",
    Kind.WORKLIST: "database",
    Kind.CHECK: "badge-check",
    Kind.STOP: "hand",
    Kind.REPORT: "file-text",
    Kind.CRITICAL: "siren",
    Kind.NOTE: "message-square",
}
_STATE_ICONS = {
    ExamState.SCHEDULED: "calendar",
    ExamState.ARRIVED: "user-check",
    ExamState.READY: "clipboard-check",
    ExamState.IN_PROGRESS: "play",
    ExamState.PERFORMED: "scan",
    ExamState.ON_HOLD: "pause",
    ExamState.CANCELLED: "ban",
    ExamState.DISCONTINUED: "ban",
    ExamState.REPLACED: "repeat",
}
_TRACK = (
    ExamState.ORDERED,
    ExamState.SCHEDULED,
    ExamState.ARRIVED,
    ExamState.IN_PROGRESS,
    ExamState.PERFORMED,
)
_TONES = {
    Kind.MESSAGE: "msg",
    Kind.WORKLIST: "msg",
    Kind.STOP: "warn",
    Kind.CRITICAL: "crit",
}
SHOWN = {
    "": None,
    "states": {Kind.STATE, Kind.CHECK, Kind.STOP, Kind.REPORT, Kind.CRITICAL},
    "messages": {Kind.MESSAGE, Kind.WORKLIST},
}


@dataclass(frozen=True)
class Milestone:
    """A point of the progress line: reached with a time, current, or still to come."""

    state: str
    label: str
    at: datetime | None
    current: bool = False

    @property
    def is_aside(self) -> bool:
        """Off the usual way, as a hold or an end: with its own icon and colour."""
        return self.state not in (*_TRACK, Kind.REPORT)


@dataclass(frozen=True)
class Entry:
    event: OrderEvent
    icon: str
    tone: str

    @property
    def recorded_apart(self) -> bool:
        """Whether we heard of it at another moment than it happened."""
        return abs(self.event.recorded_at - self.event.at) >= SAME_MOMENT

    @property
    def causes(self) -> list[str]:
        """Who or what did it, in words; what the detail says already is left out."""
        event = self.event
        said = f"{event.title} {event.detail}"
        found = [
            event.user.display_name if event.user else event.actor,
            *_message(event),
            _exchange(event),
        ]
        named = [one for one in found if one and one not in said]
        return named if any(found) else [gettext("By rule")]

    @property
    def message_type(self) -> str:
        message = self.event.inbound or self.event.outbound
        is_named = message is None or message.message_type in self.event.title
        return "" if is_named or message is None else message.message_type


def _message(event: OrderEvent) -> list[str]:
    """The message by its control ID, and its other side."""
    message = event.inbound or event.outbound
    if message is None:
        return []
    control_id = message.control_id or str(message.pk)
    is_told = control_id in event.detail
    named = gettext("message %(number)s") % {"number": control_id}
    number = "" if is_told else named
    peer = message.peer.name if message.peer else ""
    return [peer if peer != event.actor else "", number]


def _exchange(event: OrderEvent) -> str:
    if not event.exchange_id:
        return ""
    return gettext("DICOM exchange %(number)s") % {"number": event.exchange_id}


def entries(events: list[OrderEvent], shown: str) -> list[Entry]:
    """What one of the views `SHOWN` keeps; an unknown one keeps everything."""
    kinds = SHOWN.get(shown)
    return [
        _entry(event)
        for event in events
        if kinds is None
        or event.kind in kinds
        or (shown == "messages" and bool(event.inbound_id or event.outbound_id))
    ]


def _entry(event: OrderEvent) -> Entry:
    kind = Kind(event.kind)
    icon = _ICONS[kind]
    if kind is Kind.STATE and event.to_status:
        icon = _STATE_ICONS.get(ExamState(event.to_status), icon)
    if event.outbound_id:
        icon = "send"
    return Entry(event, icon, _TONES.get(kind, "state"))


def track(order: Order, events: list[OrderEvent]) -> list[Milestone]:
    """Where the exam has been, where it is, and what comes."""
    reached = {event.to_status: event.at for event in events if event.to_status}
    line = [
        Milestone(
            state, gettext(state.label), reached.get(state), order.status == state
        )
        for state in _TRACK
    ]
    if order.status not in _TRACK:
        status = ExamState(order.status)
        aside = Milestone(status, gettext(status.label), order.status_since, True)
        ahead = [] if status in TERMINAL_STATES else [one for one in line if not one.at]
        return [*(one for one in line if one.at), aside, *ahead]
    final = [e.at for e in events if e.kind == Kind.REPORT and "inal" in e.title]
    at = final[-1] if final else None
    return [*line, Milestone(Kind.REPORT, gettext("Final"), at, bool(final))]


def why_aside(order: Order, events: Sequence[OrderEvent]) -> str:
    """What was said when the exam left its way; empty while it goes on."""
    if order.status in _TRACK:
        return ""
    told = [event.detail for event in events if event.to_status == order.status]
    return told[-1] if told else ""


def booking_of(order: Order, events: Sequence[OrderEvent]) -> OrderEvent | None:
    """The latest entry that gave the order the slot it has now."""
    if order.scheduled_start is None:
        return None
    start = timezone.localtime(order.scheduled_start, timezone.get_default_timezone())
    slot = f"{start:%d %b %Y %H:%M}"
    gave = [one for one in events if one.detail.startswith(slot)]
    return gave[-1] if gave else None
