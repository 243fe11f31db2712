"""A room's day on paper, and its calendar for programs."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from orders.selectors import mrn_of
from radflow.accounts.access import public, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.calendar import calendar_of
from worklist.models import Room, RoomBlock
from worklist.selectors import bookings_of_day
from worklist.selectors.schedule import day_range
from worklist.services.feeds import room_of_token


@requires(Capability.VIEW_ORDERS)
def room_day(request: HttpRequest, room_id: int) -> HttpResponse:
    """By the clock of the room: the paper hangs there."""
    room: Room = get_object_or_404(Room.objects.select_related("site"), pk=room_id)
    with timezone.override(room.site.zone):
        try:
            day = parse_date(request.GET.get("date", "")) or timezone.localdate()
        except ValueError:
            day = timezone.localdate()
        booked = bookings_of_day(day, room)
        blocks = RoomBlock.objects.filter(
            room=room, ended_at=None, during__overlap=day_range(day)
        )
        audit.record_view(
            request,
            "room_day_printed",
            detail={"room": room.pk, "orders": [one.step.order_id for one in booked]},
        )
        context = {
            "room": room,
            "day": day,
            "booked": [(one, mrn_of(one.step.order)) for one in booked],
            "blocks": blocks,
            "room_zone": room.site.zone_label,
            "now": timezone.localtime(),
        }
        return render(request, "worklist/rooms/day.html", context)


@public
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the address reads it; it names exams, not people."""
    room = room_of_token(token)
    if room is None:
        raise Http404
    response = HttpResponse(
        calendar_of(room), content_type="text/calendar; charset=utf-8"
    )
    response.headers["Cache-Control"] = "private, max-age=60"
    response.headers["Content-Disposition"] = 'inline; filename="room.ics"'
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
