"""A coordinator's acts: a room and a time, arrival, back to ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.lifecycle import NOT_STARTED, ExamState
from orders.models import Order
from orders.selectors import last_change_of, mrn_of, orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from radflow.conflict import Conflict, lines_of, renew
from radflow.sites.models import Site
from radflow.sites.zones import zone_label, zone_named
from worklist.exceptions import SlotTaken
from worklist.forms import ScheduleForm
from worklist.models import Appointment, Room, ScheduledStep
from worklist.selectors import (
    Search,
    Slot,
    Wishes,
    bookings_of_day,
    find_slots,
    stations,
)
from worklist.selectors.obstacles import MAY_BE_OVERRULED
from worklist.selectors.schedule import day_range, planned_minutes
from worklist.services import arrive, book_step, unbook
from worklist.slot_forms import SEARCHED
from worklist.undoing import after_arrival, after_booking, after_giving_back, slot_of
from worklist.views.answers import (
    REFUSALS,
    Refusal,
    done,
    in_words,
    refused,
    wants_fragment,
    way_back,
)

_FREE_SHOWN = 6
SLOT_GIVEN_BACK = gettext_noop("Slot given back at the board")


@dataclass(frozen=True)
class Booked:
    """One line of the room's day; `in_the_way` stopped the last try."""

    appointment: Appointment
    own: bool
    in_the_way: bool


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, order_id: int) -> HttpResponse:
    """Give the exam a room and a time, or move it.

    Told in the zone that the form was written in, though another site was chosen since.
    """
    asked = zone_named(request.POST.get("zone") or request.GET.get("zone") or "")
    with timezone.override(asked or timezone.get_current_timezone()):
        return _schedule(request, order_id)


def _schedule(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    rooms = _rooms_for(order, site_of(request))
    if request.method == "GET":
        form = ScheduleForm(initial=_initial(request, order, rooms), rooms=rooms)
        return _page(request, order, form)
    form = ScheduleForm(request.POST, rooms=rooms)
    if not form.is_valid():
        return _page(request, order, form, status=400)
    slot = slot_of(order)
    try:
        step = _book(request, order, form)
    except REFUSALS as error:
        return _refused(request, order, form, error)
    back = way_back(request, reverse("worklist:board"))
    return done(request, back, _booked(form), after_booking(order, slot, step))


def _booked(form: ScheduleForm) -> str:
    start = timezone.localtime(form.start())
    day = written(start, pgettext("date", "d-M"))
    when = f"{day} {start:%H:%M}"
    return _("Booked %(when)s, %(room)s.") % {
        "when": when,
        "room": form.cleaned_data["room"],
    }


def _book(request: HttpRequest, order: Order, form: ScheduleForm) -> ScheduledStep:
    return book_step(
        order_id=order.pk,
        room_id=form.cleaned_data["room"].pk,
        start=form.start(),
        duration_minutes=form.cleaned_data["duration"],
        cause=Cause(user=current_user(request)),
        overbook=form.cleaned_data["overbook"],
        why=form.cleaned_data["why"],
        expected_version=form.cleaned_data["version"],
    )


def _refused(
    request: HttpRequest, order: Order, form: ScheduleForm, error: Refusal
) -> HttpResponse:
    if isinstance(error, VersionConflict):
        return _conflict_page(request, order.pk, form)
    held_by = error.order_id if isinstance(error, SlotTaken) else None
    in_the_way = getattr(error, "code", "") in MAY_BE_OVERRULED
    form.add_error("time" if in_the_way else None, in_words(error))
    return _page(request, order, form, status=409, held_by=held_by, refused=in_the_way)


def _rooms_for(order: Order, site: Site | None) -> list[Room]:
    """Those of the site, and where the exam is now: none is left by mistake."""
    fitting = dict.fromkeys(station.room for station in stations(order.modality))
    return [
        room
        for room in fitting
        if site is None or room.site_id == site.pk or room.name == order.room_name
    ]


def _conflict_page(
    request: HttpRequest, order_id: int, form: ScheduleForm
) -> HttpResponse:
    order = orders_with_patients().get(pk=order_id)
    rooms = _rooms_for(order, site_of(request))
    kept = ScheduleForm(initial=_slot_of(order, rooms), rooms=rooms)
    renew(form, {"version": order.version})
    back = urlencode({"next": way_back(request, reverse("worklist:board"))})
    conflict = Conflict(
        *last_change_of(order),
        lines=lines_of(form, kept),
        theirs=f"{reverse('worklist:schedule', args=[order.pk])}?{back}",
        form="schedule-form" if order.status in NOT_STARTED else "",
    )
    return _page(request, order, form, status=409, conflict=conflict)


def _initial(
    request: HttpRequest, order: Order, rooms: Sequence[Room]
) -> dict[str, Any]:
    """As booked, else the first free time; the address may say otherwise."""
    asked = {
        key: request.GET[key] for key in ("room", "date", "time") if key in request.GET
    }
    known = {"version": order.version, "zone": str(timezone.get_current_timezone())}
    return {**_booked_or_free(order, rooms, site_of(request)), **known, **asked}


def _booked_or_free(
    order: Order, rooms: Sequence[Room], site: Site | None
) -> dict[str, Any]:
    if booked := _slot_of(order, rooms):
        return booked
    step = order.steps.filter(closed=False).first()
    minutes = step.duration_minutes if step else planned_minutes(order)
    values: dict[str, Any] = {
        "duration": minutes,
        "date": timezone.localdate(),
        "room": rooms[0].pk if rooms else None,
    }
    free = _free(order, timezone.localdate(), minutes, site, limit=1).slots
    if free:
        return {**values, "room": free[0].room.pk, **_moment(free[0].start)}
    return values


def _slot_of(order: Order, rooms: Sequence[Room]) -> dict[str, Any]:
    """Empty where it has none."""
    step = order.steps.filter(closed=False).first()
    if step is None or not order.room_name:
        return {}
    here = [room.pk for room in rooms if room.name == order.room_name]
    first = rooms[0].pk if rooms else None
    room = here[0] if here else first
    return {"duration": step.duration_minutes, "room": room, **_moment(step.start)}


def _moment(start: Any) -> dict[str, Any]:
    local = timezone.localtime(start)
    return {"date": local.date(), "time": local.time().replace(second=0, microsecond=0)}


def _free(
    order: Order,
    day: date,
    minutes: int,
    site: Site | None,
    *,
    limit: int = _FREE_SHOWN,
) -> Search:
    """From that day on, two weeks ahead."""
    wishes = Wishes(
        earliest=day_range(day).lower,
        latest=day_range(day + SEARCHED).upper,
        site=site,
        minutes=minutes,
    )
    return find_slots(order, wishes, limit=limit)


def _page(
    request: HttpRequest,
    order: Order,
    form: ScheduleForm,
    *,
    status: int = 200,
    held_by: int | None = None,
    conflict: Conflict | None = None,
    refused: bool = False,
) -> HttpResponse:
    day, room = _day_and_room(form)
    minutes = form["duration"].value()
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "form": form,
        "conflict": conflict,
        "day": day,
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
        "room": room,
        "rooms": form.rooms,
        "other_clock": room is not None and _has_other_clock(room),
        "booked": _day_of(order, day, room, held_by),
        "free": _free_times(order, day, str(minutes), site_of(request)),
        "may_overbook": current_user(request).may(Capability.OVERBOOK),
        "in_the_way": refused,
        "has_slot": _has_slot(order),
        "back": way_back(request, reverse("worklist:board")),
        "may_arrive": order.status in (ExamState.ORDERED, ExamState.SCHEDULED),
        "may_give_back": order.status == ExamState.SCHEDULED,
        "is_move": bool(order.scheduled_start and order.room_name),
        "may_book": order.status in NOT_STARTED,
        "is_dialog": wants_fragment(request),
    }
    _audit(request, order, context["booked"])
    name = "_schedule" if wants_fragment(request) else "schedule"
    return render(request, f"worklist/{name}.html", context, status=status)


def _free_times(order: Order, day: date, minutes: str, site: Site | None) -> list[Slot]:
    if order.status not in NOT_STARTED or not minutes.isdecimal():
        return []
    return _free(order, day, int(minutes), site).slots


def _has_slot(order: Order) -> bool:
    return order.status == ExamState.SCHEDULED and order.scheduled_start is not None


def _day_and_room(form: ScheduleForm) -> tuple[date, Room | None]:
    value = form["date"].value()
    day = value if isinstance(value, date) else _read_date(str(value or ""))
    room_id = str(form["room"].value() or "")
    known = Room.objects.select_related("site")
    room = known.filter(pk=room_id).first() if room_id.isdecimal() else None
    return day or timezone.localdate(), room


def _has_other_clock(room: Room) -> bool:
    return room.site.zone_label != zone_label(timezone.localtime())


def _read_date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _day_of(
    order: Order, day: date, room: Room | None, held_by: int | None
) -> list[Booked]:
    if room is None:
        return []
    return [
        Booked(
            appointment,
            own=appointment.step.order_id == order.pk,
            in_the_way=appointment.step.order_id == held_by,
        )
        for appointment in bookings_of_day(day, room)
    ]


def _audit(request: HttpRequest, order: Order, booked: Any) -> None:
    seen = [each.appointment.step.order_id for each in booked]
    audit.record_view(
        request,
        "schedule_viewed",
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"orders": seen},
    )


@requires(Capability.SCHEDULE)
@require_POST
def check_in(request: HttpRequest, order_id: int) -> HttpResponse:
    """The patient is here."""
    back = way_back(request, reverse("worklist:board"))
    before = get_object_or_404(Order, pk=order_id)
    try:
        after = arrive(order_id=order_id, cause=Cause(user=current_user(request)))
    except REFUSALS as error:
        return refused(request, back, error)
    return done(request, back, _("Arrival noted."), after_arrival(before, after))


@requires(Capability.SCHEDULE)
@require_POST
def give_back(request: HttpRequest, order_id: int) -> HttpResponse:
    """Free the slot; the exam waits for another one."""
    back = way_back(request, reverse("worklist:board"))
    cause = Cause(user=current_user(request))
    slot = slot_of(get_object_or_404(Order, pk=order_id))
    try:
        after = unbook(order_id=order_id, cause=cause, reason=SLOT_GIVEN_BACK)
    except REFUSALS as error:
        return refused(request, back, error)
    said = _("Slot freed. The exam waits for another one.")
    return done(request, back, said, after_giving_back(slot, after))
