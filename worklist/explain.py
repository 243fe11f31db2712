"""Why an exam is, or is not, on a scanner's worklist: in words, each with its fix.

Says in words what worklist.selectors.offering asks of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import WORKLIST_STATES, ExamState
from orders.models import Order
from radflow.accounts.roles import Capability
from radflow.dicom.attributes import STEP, TOP
from radflow.dicom.charsets import Fit
from radflow.dicom.datasets import AnswerPlan
from radflow.dicom.errors import ValueTooLong
from radflow.dicom.worklist_item import missing_type1
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.routes import ORDER_KEY
from radflow.sites.zones import zone_label
from worklist.items import at_station, build_item
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, Room, ScheduledStep, Station, StationScope
from worklist.selectors.offering import IS_HERE, Reach, reach_among

C = Capability
_EVERYTHING = AnswerPlan(TOP, STEP, ())
_MOST_PARKED = 5


@dataclass(frozen=True)
class Page:
    """Where a fix is made, and what a person must be allowed for it."""

    url: str
    need: Capability


@dataclass(frozen=True)
class Reason:
    """`offered` is true where it is on the list: why, and what to know of it."""

    text: str
    fix: str = ""
    offered: bool = False
    page: Page | None = None


@dataclass(frozen=True)
class Verdict:
    """What one station is told of one exam."""

    station: Station
    reasons: list[Reason]

    @property
    def offered(self) -> bool:
        return all(reason.offered for reason in self.reasons)


@dataclass(frozen=True)
class _Exam:
    """What is known of the exam, read once for all stations.

    Its open steps, each with the room that is booked for it.
    """

    order: Order
    steps: list[tuple[ScheduledStep, Room | None]]
    parked: list[InboundMessage]

    @property
    def plan(self) -> Page:
        """Where it gets its time and room."""
        url = reverse("worklist:schedule", args=[self.order.pk])
        return Page(url, C.SCHEDULE)

    @property
    def page(self) -> Page:
        return Page(reverse("orders:detail", args=[self.order.pk]), C.VIEW_ORDERS)


def explain(order: Order, station: Station) -> list[Reason]:
    """Every obstacle between the order and this scanner; else that there is none."""
    others = list(Station.objects.filter(group=station.group).exclude(group=""))
    return _reasons(_read(order), station, reach_among(station, others))


def explain_everywhere(order: Order) -> list[Verdict]:
    """For every station; those of the exam's modality first. A few queries for all."""
    exam = _read(order)
    stations = list(Station.objects.select_related("room__site"))
    stations.sort(key=lambda station: station.modality != order.modality)
    return [
        Verdict(one, _reasons(exam, one, reach_among(one, stations)))
        for one in stations
    ]


def parked_for(number: str) -> list[InboundMessage]:
    """Parked messages that name an order by this number, which we may not have."""
    return _parked(Q(keys__contains=[f"{ORDER_KEY}{number}"]))


def told_parked(message: InboundMessage) -> Reason:
    text = _("Message %(number)s about it is parked: %(why)s")
    why = _(message.error_text) if message.error_text else "–"
    values = {"number": f"in-{message.pk}", "why": why}
    url = reverse("messaging:detail", args=[message.pk])
    return Reason(
        text % values, _("Settle the message."), page=Page(url, C.VIEW_MESSAGES)
    )


def _read(order: Order) -> _Exam:
    steps = order.steps.filter(closed=False).order_by("start", "pk")
    # The answer is made of these: an order and a patient as they are now.
    steps = steps.select_related(
        "station__room__site", "order__patient", "order__visit"
    ).prefetch_related("order__patient__identifiers", "order__protocollings")
    held = Appointment.objects.filter(step__in=steps, state__in=HOLDS_ROOM)
    rooms = {one.step_id: one.room for one in held.select_related("room")}
    keys = [
        f"{ORDER_KEY}{number}"
        for number in (order.placer_order_number, order.filler_order_number)
        if number
    ]
    about = Q(order_ids__contains=[order.pk]) | Q(keys__overlap=keys)
    found = [(step, rooms.get(step.pk)) for step in steps]
    return _Exam(order, found, _parked(about))


def _parked(about: Q) -> list[InboundMessage]:
    found = InboundMessage.objects.filter(about, state=InboundState.PARKED)
    return list(found.defer("raw", "ack_raw").order_by("-pk")[:_MOST_PARKED])


def _reasons(exam: _Exam, station: Station, reach: Reach) -> list[Reason]:
    found = [*_of_exam(exam, station), *_of_station(station)]
    by_step = [_of_step(exam, *each, station, reach) for each in exam.steps]
    if by_step:
        # Of several the one that comes nearest to being offered.
        found += sorted(by_step, key=_obstacle_count)[0]
    else:
        text = _("It has no open step.")
        found.append(Reason(text, _("Give it a time and a room."), page=exam.plan))
    if obstacles := _obstacles(found):
        return [*obstacles, *(told_parked(message) for message in exam.parked)]
    said = _("%(scanner)s is offered this exam.") % {"scanner": station.name}
    return [Reason(said, offered=True), *found]


def _obstacles(reasons: list[Reason]) -> list[Reason]:
    return [reason for reason in reasons if not reason.offered]


def _obstacle_count(reasons: list[Reason]) -> int:
    return len(_obstacles(reasons))


def _of_step(
    exam: _Exam,
    step: ScheduledStep,
    booked_in: Room | None,
    station: Station,
    reach: Reach,
) -> list[Reason]:
    return [
        *_of_procedure(exam, step),
        *_of_place(exam, step, booked_in, station, reach),
        *_of_window(exam, step, station),
        *_of_item(exam, step, station),
    ]


def _of_exam(exam: _Exam, station: Station) -> list[Reason]:
    order, found = exam.order, []
    if order.status == ExamState.IN_PROGRESS and not station.show_started:
        text = _("The exam has started, and %(scanner)s shows no started ones.")
        fix = _("Let it show started exams, to append to them.")
        told = text % {"scanner": station.name}
        found.append(Reason(told, fix, page=_rules(station)))
    elif order.status not in {*WORKLIST_STATES, ExamState.IN_PROGRESS}:
        state = _("The exam's state is %(state)s.") % {
            "state": _(ExamState(order.status).label)
        }
        found.append(_state_reason(exam, state))
    if not order.modality:
        page = Page(reverse("catalogue:list"), C.SCHEDULE)
        fix = _("Add its procedure to the catalogue.")
        found.append(Reason(_("The exam has no modality."), fix, page=page))
    if order.identity_conflict:
        text, fix = _("The patient's identity is in doubt."), _("Resolve the conflict.")
        found.append(Reason(text, fix, page=exam.page))
    return found


def _state_reason(exam: _Exam, text: str) -> Reason:
    if exam.order.status == ExamState.ORDERED:
        return Reason(text, _("Give it a time and a room."), page=exam.plan)
    if exam.order.status == ExamState.ON_HOLD:
        return Reason(text, _("Release the hold."), page=exam.page)
    fix = _("It is over: only a new order brings it back.")
    return Reason(text, fix, page=exam.page)


def _rules(station: Station) -> Page:
    url = reverse("worklist:station-rules", args=[station.pk])
    return Page(url, C.MANAGE_INTERFACES)


def _of_station(station: Station) -> list[Reason]:
    if station.enabled:
        return []
    text = _("%(scanner)s is switched off.") % {"scanner": station.name}
    return [Reason(text, _("Enable the station."), page=_rules(station))]


def _of_procedure(exam: _Exam, step: ScheduledStep) -> list[Reason]:
    needed = exam.order.modality
    if not needed or step.made_for == needed:
        return []
    text = _("The slot was made for %(before)s, the exam now needs %(now)s.")
    told = text % {"before": step.made_for, "now": needed}
    return [Reason(told, _("Book it again."), page=exam.plan)]


def _of_place(
    exam: _Exam,
    step: ScheduledStep,
    booked_in: Room | None,
    station: Station,
    reach: Reach,
) -> list[Reason]:
    if step.station_ae_title == station.ae_title:
        return []
    found = (
        [] if step.modality == station.modality else [_other_kind(exam, step, station)]
    )
    if step.station_ae_title or step.station:
        if step.station_ae_title not in reach.ae_titles:
            found.append(_elsewhere(exam, station, step.station_ae_title))
    elif station.scope == StationScope.OWN:
        text = _("It is planned for no scanner, and %(scanner)s shows its own alone.")
        told = text % {"scanner": station.name}
        fix = _("Give it this scanner's room, or let the station show its pool.")
        found.append(Reason(told, fix, page=_rules(station)))
    elif booked_in and booked_in.pk not in reach.rooms:
        found.append(_elsewhere(exam, station, booked_in.name))
    return found


def _other_kind(exam: _Exam, step: ScheduledStep, station: Station) -> Reason:
    text = _("Modality is %(planned)s, %(scanner)s does %(own)s.")
    values = {
        "planned": step.modality,
        "scanner": station.name,
        "own": station.modality,
    }
    fix = _("Only another procedure makes it an exam for this scanner.")
    return Reason(text % values, fix, page=exam.page)


def _elsewhere(exam: _Exam, station: Station, where: str) -> Reason:
    where = where or exam.order.room_name or _("another scanner")
    if station.scope == StationScope.GROUP:
        text = _("It is planned for %(where)s, which is not in the group %(group)s.")
        told = text % {"where": where, "group": station.group}
    else:
        told = _("It is planned for %(where)s.") % {"where": where}
    return Reason(told, _("Move it."), page=exam.plan)


def _of_window(exam: _Exam, step: ScheduledStep, station: Station) -> list[Reason]:
    now, found = timezone.now(), []
    ahead, behind = station.look_ahead_hours, station.look_behind_hours
    if ahead is not None and step.start > now + timedelta(hours=ahead):
        text = _("It is scheduled for %(when)s, look-ahead %(hours)s h.")
        appears = _when(step.start - timedelta(hours=ahead), station)
        fix = _("It appears at %(time)s by itself; or let the station look further.")
        told = text % {"when": _when(step.start, station), "hours": ahead}
        found.append(Reason(told, fix % {"time": appears}, page=_rules(station)))
    is_late = behind is not None and step.start < now - timedelta(hours=behind)
    if is_late and exam.order.status not in IS_HERE:
        text = _("It was scheduled for %(when)s, look-behind %(hours)s h.")
        told = text % {"when": _when(step.start, station), "hours": behind}
        fix = _("Move it, or note the patient's arrival.")
        found.append(Reason(told, fix, page=exam.plan))
    return found


def _when(moment: datetime, station: Station) -> str:
    """By the station's own clock."""
    there = timezone.localtime(moment, station.zone)
    return f"{there:%Y-%m-%d %H:%M} {zone_label(there)}"


def _of_item(exam: _Exam, step: ScheduledStep, station: Station) -> list[Reason]:
    item = build_item(step)
    if step.station is None:
        item = at_station(item, step.start, station.ae_title, station.zone)
    found = [
        Reason(
            _("%(name)s has no value.") % {"name": keyword},
            _("Complete the order."),
            page=exam.page,
        )
        for keyword in missing_type1(item)
    ]
    try:
        answer = _EVERYTHING.answer(item, charset=station.charset)
    except ValueTooLong as error:
        fix = _("The sender must give a shorter one.")
        return [*found, Reason(f"{error}.", fix, page=exam.page)]
    if answer.fit is not Fit.EXACT:
        text = _("Some of its letters do not exist in %(charset)s and are replaced.")
        fix = _("Choose another character set, if the scanner can read one.")
        told = text % {"charset": station.charset or "ASCII"}
        found.append(Reason(told, fix, offered=True, page=_rules(station)))
    return found
