"""The wait list, and the slots that were given back and fit it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.cause import Cause
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.models import FreedSlot, WaitListEntry
from worklist.selectors import rooms_for
from worklist.services import put_on_list, take_off_list
from worklist.services.waiting import dismiss, openings, waiting_list
from worklist.slot_forms import WaitForm
from worklist.views.answers import REFUSALS, in_words, wants_fragment
from worklist.views.slots import exam_of, exam_page


@requires(Capability.SCHEDULE)
def wait_list(request: HttpRequest) -> HttpResponse:
    waiting = waiting_list()
    seen = [one.order_id for one in waiting]
    audit.record_view(request, "wait_list_viewed", detail={"orders": seen})
    name = "_waiting" if wants_fragment(request) else "waiting"
    context = {"waiting": waiting, "openings": openings()}
    return render(request, f"worklist/slots/{name}.html", context)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def wait(request: HttpRequest, order_id: int) -> HttpResponse:
    """Put the exam on the list, or change what it wishes."""
    order = exam_of(order_id)
    rooms = rooms_for(order.modality) if order.modality else []
    entry = WaitListEntry.objects.filter(
        order=order, state=WaitListEntry.State.WAITING
    ).first()
    initial = {name: getattr(entry, name) for name in WaitForm.base_fields if entry}
    form = WaitForm(request.POST or None, rooms=rooms, initial=initial)
    status = 200
    if request.method == "POST":
        form = WaitForm(request.POST, rooms=rooms)
        status = 400
        if form.is_valid():
            try:
                cause = Cause(user=current_user(request))
                put_on_list(order_id=order.pk, wish=form.wish(), cause=cause)
            except REFUSALS as error:
                form.add_error(None, in_words(error))
                status = 409
            else:
                messages.success(request, _("On the wait list."))
                return redirect("worklist:waiting")
    context = {"form": form, "entry": entry}
    return exam_page(request, order, "wait", context, status=status)


@requires(Capability.SCHEDULE)
@require_POST
def withdraw(request: HttpRequest, entry_id: int) -> HttpResponse:
    entry = get_object_or_404(WaitListEntry, pk=entry_id)
    take_off_list(entry_id=entry.pk, cause=Cause(user=current_user(request)))
    messages.success(request, _("Taken off the wait list."))
    return redirect("worklist:waiting")


@requires(Capability.SCHEDULE)
@require_POST
def dismiss_opening(request: HttpRequest, freed_id: int) -> HttpResponse:
    freed = get_object_or_404(FreedSlot, pk=freed_id)
    dismiss(freed_id=freed.pk, cause=Cause(user=current_user(request)))
    messages.success(request, _("This slot is not proposed again."))
    return redirect("worklist:waiting")
