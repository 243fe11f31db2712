"""Stations as interface admins keep them, and who was refused beside them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.conflict import Conflict, lines_of, renew
from worklist.exceptions import StationChanged
from worklist.models import RefusedCaller, Room, Station
from worklist.selectors.callers import SHOWN, refused_callers
from worklist.services.callers import dismiss_refused
from worklist.services.stations import add_station, change_station
from worklist.station_forms import GROUPS, StationForm

ALL = "worklist:stations"


@requires(Capability.VIEW_MESSAGES)
def station_list(request: HttpRequest) -> HttpResponse:
    """Every scanner with its rules; below who called and was not let in."""
    context = {
        "stations": Station.objects.select_related("room__site"),
        "refused": _refused(),
        "most": SHOWN,
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
        "has_rooms": Room.objects.exists(),
        "our_title": settings.DICOM_AE_TITLE,
        "welcome": settings.ACCEPT_UNKNOWN_STATIONS,
    }
    name = "_tables" if request.headers.get("X-Fragment") else "list"
    return render(request, f"worklist/stations/{name}.html", context)


def _refused() -> list[tuple[RefusedCaller, int | None]]:
    """Each with the station of that AE title, if there is one."""
    known = dict(Station.objects.values_list("ae_title", "pk"))
    return [(one, known.get(one.calling_ae)) for one in refused_callers()]


@requires(Capability.MANAGE_INTERFACES)
def add(request: HttpRequest) -> HttpResponse:
    """`from` names a refused caller, whose AE title and address are filled in."""
    form = StationForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            station = add_station(values=form.settings(), by=current_user(request))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            said = _("%(station)s may call from now on.") % {"station": station.name}
            flash.success(request, said)
            return redirect(ALL)
    return _form_page(request, form, None)


def _initial(request: HttpRequest) -> dict[str, Any]:
    number = request.GET.get("from", "")
    if not number.isdecimal() or len(number) > 18:
        return {}
    caller = RefusedCaller.objects.filter(pk=number).first()
    if caller is None:
        return {}
    return {
        "name": caller.calling_ae,
        "ae_title": caller.calling_ae,
        "addresses": [caller.address],
        "certificate": caller.certificate,
    }


@requires(Capability.MANAGE_INTERFACES)
def edit(request: HttpRequest, station_id: int) -> HttpResponse:
    station = get_object_or_404(Station, pk=station_id)
    form = StationForm(request.POST or None, instance=station)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form, station_id)
        except StationChanged as changed:
            return _conflict_page(request, form, changed)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return _form_page(request, form, station)


def _save(request: HttpRequest, form: StationForm, station_id: int) -> HttpResponse:
    station = change_station(
        station_id=station_id,
        values=form.settings(),
        revision=form.cleaned_data["revision"],
        by=current_user(request),
    )
    said = _("%(station)s is changed, used from its next query on.")
    flash.success(request, said % {"station": station.name})
    return redirect(ALL)


def _conflict_page(
    request: HttpRequest, form: StationForm, changed: StationChanged
) -> HttpResponse:
    """Theirs beside mine; saving again from here keeps mine."""
    kept = Station.objects.get(pk=form.instance.pk)
    told = Conflict(
        "",
        None,
        lines=lines_of(form, StationForm(instance=kept)),
        theirs=reverse("worklist:station-rules", args=[kept.pk]),
        form="station-form",
    )
    renew(form, {"revision": changed.revision})
    return _form_page(request, form, kept, status=409, conflict=told)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def dismiss(request: HttpRequest, caller_id: int) -> HttpResponse:
    """Off the list; a caller that comes again is on it again."""
    dismiss_refused(caller_id=caller_id, by=current_user(request))
    flash.success(request, _("Taken off the list."))
    return redirect(ALL)


def _form_page(
    request: HttpRequest,
    form: StationForm,
    station: Station | None,
    *,
    status: int | None = None,
    **extra: Any,
) -> HttpResponse:
    context = {
        "form": form,
        "station": Station.objects.get(pk=station.pk) if station else None,
        "groups": [(title, [form[n] for n in names]) for title, names in GROUPS],
        "has_tls": bool(settings.DICOM_TLS_PORT),
        **extra,
    }
    status = status or (400 if form.errors else 200)
    return render(request, "worklist/stations/form.html", context, status=status)
