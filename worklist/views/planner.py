"""The room board: rooms as columns, a day or a week, and who waits for a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.models import Room
from worklist.selectors import LookAlikes
from worklist.selectors.closing import closed_spans
from worklist.selectors.planner import alike_among, bookings, rooms_of
from worklist.views.planner_asked import Asked, day_of, number, read
from worklist.views.planner_grid import Column, columns, hours_shown
from worklist.views.planner_tray import alike_on_board, shared, waiting


@requires(Capability.SCHEDULE)
def planner(request: HttpRequest) -> HttpResponse:
    """The whole page; its address holds what it shows."""
    rooms = rooms_of(site_of(request))
    asked = _with_room(read(request.GET), rooms)
    alike = alike_on_board(request, asked)
    found = _columns(asked, _of_asked(asked, rooms), alike)
    first, last = hours_shown(found, all_hours=asked.all_hours)
    shown = [column.within(first, last) for column in found]
    _audit(request, shown)
    context = {
        "asked": asked,
        "rooms": rooms,
        "columns": shown,
        "first": first,
        "last": last,
        "hours": range(first, last),
        "has_sites": len({room.site_id for room in rooms}) > 1,
        **_ways(asked),
        **shared(asked),
        **waiting(request, asked, alike),
    }
    return render(request, "worklist/planner.html", context)


def _with_room(asked: Asked, rooms: Sequence[Room]) -> Asked:
    """A room that is not there is the first."""
    known = [room.pk for room in rooms]
    if asked.room_id in known or not known:
        return asked
    return replace(asked, room_id=known[0])


def _of_asked(asked: Asked, rooms: Sequence[Room]) -> list[Room]:
    if not asked.is_week:
        return list(rooms)
    return [room for room in rooms if room.pk == asked.room_id]


def _columns(
    asked: Asked,
    rooms: Sequence[Room],
    on_board: LookAlikes,
    on: date | None = None,
) -> list[Column]:
    """`on` picks one day of a week, where names are compared within the room's week."""
    booked = bookings(rooms, asked.first, len(asked.days))
    days = [on] if on else asked.days
    closed = [span for day in days for span in closed_spans(rooms, day)]
    alike = alike_among(booked) if asked.is_week else on_board
    return columns(rooms, days, booked, closed, alike)


def _ways(asked: Asked) -> dict[str, Any]:
    return {
        "before": asked.but(day=asked.day - asked.step, page=1),
        "after": asked.but(day=asked.day + asked.step, page=1),
        "today": asked.but(day=timezone.localdate(), page=1),
        "is_today": timezone.localdate() in asked.days,
        "as_day": asked.but(is_week=False),
        "as_week": asked.but(is_week=True),
        "as_work": asked.but(all_hours=False),
        "as_all": asked.but(all_hours=True),
        "last_day": asked.days[-1],
    }


@requires(Capability.SCHEDULE)
def column(request: HttpRequest) -> HttpResponse:
    """One live column: `of` is the room, `on` the day, `from` and `to` its hours."""
    asked, given = read(request.GET), request.GET
    wanted = number(given.get("of", ""))
    rooms = [room for room in rooms_of(None) if room.pk == wanted]
    if not rooms:
        raise Http404
    on = day_of(given.get("on", "")) or asked.day
    hours = number(given.get("from", "")) or 0, number(given.get("to", "")) or 24
    (found,) = _columns(asked, rooms, alike_on_board(request, asked), on)
    shown = found.within(*hours)
    _audit(request, [shown])
    context = {"column": shown, "asked": asked, **shared(asked)}
    return render(request, "worklist/planner/_column.html", context)


def _audit(request: HttpRequest, shown: Sequence[Column]) -> None:
    seen = [block.order for column in shown for block in column.blocks]
    audit.record_view(request, "planner_viewed", detail={"orders": seen})
