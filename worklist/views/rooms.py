"""Rooms kept by who manages them: basics, scanners, hours, blocks, calendar."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import inlineformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.cause import Cause
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.exceptions import WorklistError
from worklist.models import Appointment, BlockKind, Room, RoomBlock, RoomFeed, Station
from worklist.room_forms import BlockForm, HoursForm, RoomForm, StationForm
from worklist.selectors.hours import Span
from worklist.services import block, unblock
from worklist.services.blocks import Displaces, displaced_by
from worklist.services.feeds import renew_feed, withdraw_feed
from worklist.services.rooms import HoursRefused, save_room, save_stations, set_hours

StationFormSet = inlineformset_factory(
    Room, Station, form=StationForm, extra=1, can_delete=False
)


@requires(Capability.SCHEDULE)
def room_list(request: HttpRequest) -> HttpResponse:
    rooms = Room.objects.select_related("site").prefetch_related("stations", "hours")
    blocks = RoomBlock.objects.filter(
        ended_at=None, during__endswith__gt=timezone.now()
    ).order_by("during")
    ahead: dict[int, list[RoomBlock]] = {}
    for one in blocks:
        ahead.setdefault(one.room_id, []).append(one)
    context = {
        "rooms": [(room, ahead.get(room.pk, [])) for room in rooms],
        "may_manage": current_user(request).may(Capability.MANAGE_ROOMS),
    }
    return render(request, "worklist/rooms/list.html", context)


@requires(Capability.MANAGE_ROOMS)
@require_http_methods(["GET", "POST"])
def add_room(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        room = save_room(room=form.save(commit=False), by=current_user(request))
        messages.success(request, _("%(room)s is there.") % {"room": room.name})
        return redirect("worklist:room", room.pk)
    status = 400 if form.errors else 200
    context = {"form": form}
    return render(request, "worklist/rooms/new.html", context, status=status)


@requires(Capability.SCHEDULE)
def room_page(request: HttpRequest, room_id: int) -> HttpResponse:
    return _page(request, _room(room_id))


def _room(room_id: int) -> Room:
    return get_object_or_404(Room.objects.select_related("site"), pk=room_id)


def _page(
    request: HttpRequest, room: Room, *, status: int = 200, **given: Any
) -> HttpResponse:
    """`given` are forms as they came back."""
    now = timezone.now()
    blocks = RoomBlock.objects.filter(room=room, during__endswith__gt=now)
    site = room.site
    context = {
        "room": room,
        "form": RoomForm(instance=room),
        "stations": StationFormSet(instance=room),
        "hours": HoursForm(kept=list(room.hours.all())),
        "block_form": BlockForm(site=site),
        "blocks": blocks.filter(ended_at=None).order_by("during"),
        "ended": blocks.exclude(ended_at=None).select_related("ended_by"),
        "feed": RoomFeed.objects.filter(room=room).select_related("made_by").first(),
        "may_manage": current_user(request).may(Capability.MANAGE_ROOMS),
        "room_zone": str(site.zone),
        **given,
    }
    with timezone.override(site.zone):
        return render(request, "worklist/rooms/room.html", context, status=status)


@requires(Capability.MANAGE_ROOMS)
@require_POST
def save_basics(request: HttpRequest, room_id: int) -> HttpResponse:
    room = _room(room_id)
    form = RoomForm(request.POST, instance=_room(room_id))
    if not form.is_valid():
        return _page(request, room, status=400, form=form)
    save_room(room=form.save(commit=False), by=current_user(request))
    return _saved(request, room)


@requires(Capability.MANAGE_ROOMS)
@require_POST
def save_scanners(request: HttpRequest, room_id: int) -> HttpResponse:
    room = _room(room_id)
    forms = StationFormSet(request.POST, instance=room)
    if not forms.is_valid():
        return _page(request, room, status=400, stations=forms)
    stations = forms.save(commit=False)
    save_stations(room=room, stations=stations, by=current_user(request))
    return _saved(request, room)


@requires(Capability.MANAGE_ROOMS)
@require_POST
def save_hours(request: HttpRequest, room_id: int) -> HttpResponse:
    room = _room(room_id)
    form = HoursForm(request.POST, kept=list(room.hours.all()))
    if form.is_valid():
        try:
            by = current_user(request)
            set_hours(room=room, intervals=form.intervals(), by=by)
        except HoursRefused as error:
            form.add_error(None, error.text)
        else:
            return _saved(request, room)
    return _page(request, room, status=400, hours=form)


def _saved(request: HttpRequest, room: Room) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("worklist:room", room.pk)


@requires(Capability.SCHEDULE)
@require_POST
def block_room(request: HttpRequest, room_id: int) -> HttpResponse:
    """The first try shows which bookings stand there; the second names them."""
    room = _room(room_id)
    form = BlockForm(request.POST, site=room.site)
    if not form.is_valid():
        return _page(request, room, status=400, block_form=form)
    start, end = form.times()
    try:
        block(
            room_id=room.pk,
            start=start,
            end=end,
            kind=BlockKind(form.cleaned_data["kind"]),
            reason=form.cleaned_data["reason"],
            displaces=form.named(),
            cause=Cause(user=current_user(request)),
        )
    except Displaces as error:
        return _shown(request, room, form, Span(start, end), error)
    except WorklistError as error:
        form.add_error(None, error.text)
        return _page(request, room, status=409, block_form=form)
    messages.success(request, _("%(room)s is blocked then.") % {"room": room.name})
    return redirect("worklist:room", room.pk)


def _shown(
    request: HttpRequest, room: Room, form: BlockForm, span: Span, error: Displaces
) -> HttpResponse:
    named = ",".join(str(one) for one in error.orders)
    again = BlockForm({**request.POST.dict(), "displaces": named}, site=room.site)
    displaced: list[Appointment] = displaced_by(room.pk, span)
    audit.record_view(request, "schedule_viewed", detail={"orders": error.orders})
    return _page(
        request,
        room,
        status=409,
        block_form=again,
        displaced=displaced,
        displaced_text=error.text,
    )


@requires(Capability.SCHEDULE)
@require_POST
def unblock_room(request: HttpRequest, block_id: int) -> HttpResponse:
    made = get_object_or_404(RoomBlock, pk=block_id)
    try:
        unblock(block_id=made.pk, cause=Cause(user=current_user(request)))
    except WorklistError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("The block is ended."))
    return redirect("worklist:room", made.room_id)


@requires(Capability.MANAGE_ROOMS)
@require_POST
def renew(request: HttpRequest, room_id: int) -> HttpResponse:
    """The new address is on this answer, and nowhere else ever again."""
    room = _room(room_id)
    token = renew_feed(room=room, by=current_user(request))
    address = request.build_absolute_uri(reverse("worklist:room-feed", args=[token]))
    response = _page(request, room, address=address)
    response.headers["Cache-Control"] = "no-store"
    return response


@requires(Capability.MANAGE_ROOMS)
@require_POST
def withdraw(request: HttpRequest, room_id: int) -> HttpResponse:
    room = _room(room_id)
    withdraw_feed(room=room, by=current_user(request))
    messages.success(request, _("The calendar’s address leads nowhere now."))
    return redirect("worklist:room", room.pk)
