"""Pages about one exam's slot: found, given up, swapped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.lifecycle import NOT_STARTED
from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.lifecycle import AppointmentState
from worklist.models import Appointment
from worklist.selectors import find_slots, rooms_for
from worklist.selectors.schedule import day_range
from worklist.services import no_show, swap
from worklist.services.giving_up import cancel_exam, give_up_slot_for
from worklist.slot_forms import (
    EXAM,
    NO_SHOW,
    SLOT,
    FreeTimeForm,
    GiveUpForm,
    days_from,
)
from worklist.undoing import after_giving_back, slot_of
from worklist.views.answers import REFUSALS, done, in_words

_FREE_SHOWN = 12
_OBSTACLES_SHOWN = 40


def exam_page(
    request: HttpRequest,
    order: Order,
    name: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page about one exam, under its patient's banner."""
    seen = {"order_id": order.pk, "patient_id": order.patient_id}
    audit.record_view(request, "schedule_viewed", **seen)
    shown = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "back": reverse("worklist:schedule", args=[order.pk]),
        **context,
    }
    return render(request, f"worklist/slots/{name}.html", shown, status=status)


def exam_of(order_id: int) -> Order:
    return get_object_or_404(orders_with_patients(), pk=order_id)


@requires(Capability.SCHEDULE)
def free(request: HttpRequest, order_id: int) -> HttpResponse:
    """First free times by wishes, and what was in the way."""
    order = exam_of(order_id)
    form = FreeTimeForm(request.GET or days_from(timezone.localdate()))
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        found = find_slots(order, form.wishes(site_of(request)), limit=_FREE_SHOWN)
        context |= {
            "slots": found.slots,
            "obstacles": found.obstacles[:_OBSTACLES_SHOWN],
            "more": max(0, len(found.obstacles) - _OBSTACLES_SHOWN),
        }
    status = 200 if form.is_valid() else 400
    return exam_page(request, order, "free", context, status=status)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def give_up(request: HttpRequest, order_id: int) -> HttpResponse:
    """Slot or exam given up with a coded reason, or a patient who did not come."""
    order = exam_of(order_id)
    if request.method == "GET":
        first = request.GET.get("what", "")
        form = GiveUpForm(initial={"version": order.version, "what": first})
        return exam_page(request, order, "give_up", {"form": form})
    form = GiveUpForm(request.POST)
    if not form.is_valid():
        return exam_page(request, order, "give_up", {"form": form}, status=400)
    slot = slot_of(order)
    try:
        after = _give_up(order, form.cleaned_data, Cause(user=current_user(request)))
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return exam_page(request, order, "give_up", {"form": form}, status=409)
    what = form.cleaned_data["what"]
    undo = after_giving_back(slot, after) if what == SLOT else None
    return done(request, reverse("worklist:board"), _said(what), undo)


def _give_up(order: Order, values: dict[str, Any], cause: Cause) -> Order:
    what, version = values["what"], values["version"]
    if what == NO_SHOW:
        return no_show(order_id=order.pk, cause=cause, expected_version=version)
    act = cancel_exam if what == EXAM else give_up_slot_for
    return act(
        order_id=order.pk,
        code=values["reason"],
        comment=values["comment"],
        cause=cause,
        expected_version=version,
    )


def _said(what: str) -> str:
    if what == EXAM:
        return _("Exam cancelled.")
    if what == NO_SHOW:
        return _("Noted. The exam waits for another slot.")
    return _("Slot freed. The exam waits for another one.")


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def swap_slots(request: HttpRequest, order_id: int) -> HttpResponse:
    """Choose the other exam among those of fitting rooms, then both change places."""
    order = exam_of(order_id)
    error = ""
    if request.method == "POST":
        try:
            _swap(request, order)
        except REFUSALS as refusal:
            error = in_words(refusal)
        except ValueError:
            error = _("Choose the other exam.")
        else:
            messages.success(request, _("Both have changed places."))
            return redirect("worklist:board")
    others = _others(order, request)
    context = {"others": others, "error": error}
    seen = [one.step.order_id for one in others]
    audit.record_view(request, "schedule_viewed", detail={"orders": seen})
    return exam_page(request, order, "swap", context, status=409 if error else 200)


def _swap(request: HttpRequest, order: Order) -> None:
    other, version = (int(part) for part in request.POST.get("other", "").split(":"))
    versions = {other: version, order.pk: int(request.POST.get("version", ""))}
    cause = Cause(user=current_user(request))
    swap(first_id=order.pk, second_id=other, versions=versions, cause=cause)


def _others(order: Order, request: HttpRequest) -> list[Appointment]:
    """Of the day of its own slot, in rooms that can do both."""
    if order.scheduled_start is None:
        return []
    day = timezone.localtime(order.scheduled_start).date()
    found = Appointment.objects.filter(
        during__overlap=day_range(day),
        state__in=[AppointmentState.BOOKED, AppointmentState.ARRIVED],
        room__in=rooms_for(order.modality, site=site_of(request)),
        step__order__status__in=NOT_STARTED,
    ).exclude(step__order=order)
    return list(
        found.select_related("room", "step__order__patient")
        .prefetch_related("step__order__patient__identifiers")
        .order_by("during", "room__position")
    )
