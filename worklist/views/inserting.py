"""A walk-in or STAT exam put in between, after its consequences were seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.models import Order
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.models import Room
from worklist.selectors import rooms_for
from worklist.services import insert, propose_insertion
from worklist.services.inserting import Insertion
from worklist.views.answers import REFUSALS, in_words
from worklist.views.slots import exam_of, exam_page


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def insert_exam(request: HttpRequest, order_id: int) -> HttpResponse:
    order = exam_of(order_id)
    rooms = rooms_for(order.modality, site=site_of(request)) if order.modality else []
    room = _chosen(request, rooms)
    error = ""
    if request.method == "POST" and room:
        try:
            step = _insert(request, order, room)
        except REFUSALS as refusal:
            error = in_words(refusal)
        else:
            said = _("%(room)s, %(time)s: the others have made place.")
            told = {"room": room.name, "time": f"{step:%H:%M}"}
            messages.success(request, said % told)
            return redirect("worklist:board")
    return _page(request, order, rooms, room, error)


def _chosen(request: HttpRequest, rooms: list[Room]) -> Room | None:
    wanted = request.POST.get("room") or request.GET.get("room") or ""
    named = [room for room in rooms if str(room.pk) == wanted]
    return next(iter([*named, *rooms]), None)


def _insert(request: HttpRequest, order: Order, room: Room) -> datetime:
    start = parse_datetime(request.POST.get("start", ""))
    step = insert(
        order_id=order.pk,
        room_id=room.pk,
        start=start or timezone.now(),
        mark=request.POST.get("mark", ""),
        cause=Cause(user=current_user(request)),
    )
    return timezone.localtime(step.start)


def _page(
    request: HttpRequest, order: Order, rooms: list[Room], room: Room | None, error: str
) -> HttpResponse:
    found: Insertion | None = None
    if room:
        try:
            found = propose_insertion(order=order, room=room)
        except REFUSALS as refusal:
            error = error or in_words(refusal)
    shifts = found.shifts if found else []
    seen = [one.order.pk for one in shifts]
    audit.record_view(request, "schedule_viewed", detail={"orders": seen})
    context: dict[str, Any] = {
        "rooms": rooms,
        "room": room,
        "found": found,
        "error": error,
    }
    return exam_page(request, order, "insert", context, status=409 if error else 200)
