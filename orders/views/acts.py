"""What a person does to an order on its page: cancel, hold, release, settle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.exceptions import OrderError, VersionConflict
from orders.forms import ActForm
from orders.lifecycle import NOT_STARTED, Event, ExamState, Refused
from orders.models import Order
from orders.selectors import last_change_of, mrn_of, orders_with_patients
from orders.services import (
    clear_attention,
    hold,
    record_event,
    release,
    settle_identity,
)
from orders.services.holding import IDENTITY, PERSON
from orders.undoing import ORDER
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, Line, lines_of, renew
from radflow.desk.undo import offer

Run = Callable[[int, str, Cause, int], Order]


@dataclass(frozen=True)
class Act:
    """`fits` says whether an order offers it; `run` raises OrderError or Refused."""

    title: str
    button: str
    note: str
    done: str
    icon: str
    fits: Callable[[Order], bool]
    run: Run


def _cancel(order_id: int, reason: str, cause: Cause, version: int) -> Order:
    return record_event(
        order_id=order_id,
        event=Event.CANCEL,
        cause=cause,
        detail=reason,
        expected_version=version,
    )


def _hold(order_id: int, reason: str, cause: Cause, version: int) -> Order:
    return hold(
        order_id=order_id,
        by=PERSON,
        cause=cause,
        detail=reason,
        expected_version=version,
    )


def _release(order_id: int, reason: str, cause: Cause, version: int) -> Order:
    return release(
        order_id=order_id,
        by=PERSON,
        cause=cause,
        detail=reason,
        expected_version=version,
    )


def _settle(order_id: int, reason: str, cause: Cause, version: int) -> Order:
    return settle_identity(
        order_id=order_id, note=reason, cause=cause, expected_version=version
    )


def _seen(order_id: int, reason: str, cause: Cause, version: int) -> Order:
    return clear_attention(
        order_id=order_id, note=reason, cause=cause, expected_version=version
    )


def _is_waiting(order: Order) -> bool:
    return order.status in NOT_STARTED


def _may_be_released(order: Order) -> bool:
    is_held = order.status == ExamState.ON_HOLD
    return is_held and (not order.holds or PERSON in order.holds)


ACTS: dict[str, Act] = {
    "hold": Act(
        _("Hold the exam"),
        _("Hold exam"),
        _("It leaves the scanners’ worklists and keeps its slot until it is released."),
        _("Exam held."),
        "pause",
        lambda order: _is_waiting(order) and PERSON not in order.holds,
        _hold,
    ),
    "release": Act(
        _("Release the exam"),
        _("Release exam"),
        _("It goes back to where it was. A slot that has passed is given up."),
        _("Exam released."),
        "play",
        _may_be_released,
        _release,
    ),
    "cancel": Act(
        _("Cancel the order"),
        _("Cancel order"),
        _(
            "It ends for good: the slot is freed and the ordering system is told. If "
            "the exam is wanted again, it must be ordered anew."
        ),
        _("Order cancelled."),
        "ban",
        _is_waiting,
        _cancel,
    ),
    "settle": Act(
        _("Settle the identity"),
        _("It is this patient"),
        _(
            "Compare name, birth date and both identifiers with the wristband or the "
            "ordering system first. The exam then goes on under this patient."
        ),
        _("Identity settled."),
        "badge-check",
        lambda order: bool(order.identity_conflict),
        _settle,
    ),
    "seen": Act(
        _("Mark as seen"),
        _("It is dealt with"),
        _("What needed attention is settled. The note stays on the timeline."),
        _("Marked as seen."),
        "check",
        lambda order: bool(order.needs_attention) and not order.identity_conflict,
        _seen,
    ),
}


def acts_for(order: Order) -> list[tuple[str, Act]]:
    """What the order's page offers now."""
    return [(name, act) for name, act in ACTS.items() if act.fits(order)]


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, order_id: int, name: str) -> HttpResponse:
    """Asks why, and does it: 409 where the order is another by now."""
    if name not in ACTS:
        raise Http404("There is no such act.")
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    if request.method == "GET":
        form = ActForm(initial={"version": order.version})
        return _page(request, order, name, form, status=200)
    form = ActForm(request.POST)
    if not form.is_valid():
        return _page(request, order, name, form, status=400)
    try:
        after = ACTS[name].run(
            order.pk,
            form.cleaned_data["reason"],
            Cause(user=current_user(request)),
            form.cleaned_data["version"],
        )
    except VersionConflict:
        return _conflict_page(request, order.pk, name, form)
    except (OrderError, Refused) as error:
        form.add_error(None, in_words(error))
        return _page(request, order, name, form, status=409)
    _say_done(request, name, order, after)
    return redirect("orders:detail", order_id=order.pk)


def _say_done(request: HttpRequest, name: str, before: Order, after: Order) -> None:
    said = gettext(ACTS[name].done)
    # A slot that was given up on the way does not come back by holding again.
    kept_slot = before.scheduled_start == after.scheduled_start
    if name == "hold" or (name == "release" and kept_slot):
        offer(
            request,
            said,
            kind=name,
            about=ORDER,
            subject=after.pk,
            version=after.version,
        )
    else:
        messages.success(request, said)


def _conflict_page(
    request: HttpRequest, order_id: int, name: str, form: ActForm
) -> HttpResponse:
    """What the order is by now, for who acts on what it was."""
    order = orders_with_patients().get(pk=order_id)
    renew(form, {"version": order.version})
    now = gettext(ExamState(order.status).label)
    act = ACTS[name]
    conflict = Conflict(
        *last_change_of(order),
        lines=[Line(gettext("State"), now, gettext(act.title)), *lines_of(form)],
        theirs=reverse("orders:detail", args=[order.pk]),
        form="act-form" if act.fits(order) else "",
    )
    return _page(request, order, name, form, status=409, conflict=conflict)


def in_words(error: OrderError | Refused) -> str:
    if isinstance(error, Refused):
        text = gettext("This is not possible now: the exam’s state is “%(state)s”.")
        return text % {"state": gettext(ExamState(error.state).label)}
    return gettext(error.text)


def _page(
    request: HttpRequest,
    order: Order,
    name: str,
    form: ActForm,
    *,
    status: int,
    conflict: Conflict | None = None,
) -> HttpResponse:
    audit.record_view(
        request, "order_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "act": ACTS[name],
        "name": name,
        "form": form,
        "conflict": conflict,
        "is_identity": name == "settle" or IDENTITY in order.holds,
    }
    return render(request, "orders/acts/act.html", context, status=status)
