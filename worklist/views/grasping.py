"""Who moves which exam right now, as browsers say it and are told of others."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from orders.models import Order
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.sites.zones import zone_named
from worklist.models import Grasp, Room
from worklist.selectors.planner import grasps
from worklist.services.grasping import Wanted, grasp, let_go


class GraspForm(forms.Form):
    """`window` is a word of the browser's own; the place is told by `zone`."""

    order = forms.ModelChoiceField(Order.objects.all())
    window = forms.RegexField(r"^[0-9a-f-]{8,36}\Z")
    room = forms.ModelChoiceField(Room.objects.filter(enabled=True), required=False)
    date = forms.DateField(required=False)
    time = forms.TimeField(required=False)
    duration = forms.IntegerField(required=False, min_value=1, max_value=600)
    zone = forms.CharField(required=False, max_length=64)

    def wanted(self) -> Wanted | None:
        said = self.cleaned_data
        if not all(said[name] for name in ("room", "date", "duration")):
            return None
        zone = zone_named(said["zone"] or "") or timezone.get_current_timezone()
        start = datetime.combine(
            said["date"], said["time"] or datetime.min.time(), zone
        )
        return Wanted(said["room"].pk, start, said["duration"])


@requires(Capability.SCHEDULE)
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Said when a drag begins or a dialog opens, and again while it lasts."""
    form = GraspForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    grasp(
        order_id=form.cleaned_data["order"].pk,
        window=form.cleaned_data["window"],
        by=current_user(request),
        wanted=form.wanted(),
    )
    return HttpResponse(status=204)


@requires(Capability.SCHEDULE)
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    let_go(window=request.POST.get("window", ""), by=current_user(request))
    return HttpResponse(status=204)


@requires(Capability.SCHEDULE)
def others(request: HttpRequest) -> HttpResponse:
    """The live list of what other windows move."""
    found = [_told(each) for each in grasps(request.GET.get("window", ""))]
    return render(request, "worklist/planner/_grasps.html", {"grasps": found})


def _told(each: Grasp) -> dict[str, object]:
    """As places on the page are told: day and minutes by its clock."""
    told: dict[str, object] = {
        "pk": each.pk,
        "order": each.order,
        "by": each.user.display_name,
        "until": each.until,
    }
    if each.room and each.start:
        start = timezone.localtime(each.start)
        first = start.hour * 60 + start.minute
        told |= {"room": each.room, "start": start, "first": first}
        told |= {
            "last": first + each.minutes,
            "end": start + timedelta(minutes=each.minutes),
        }
    return told
