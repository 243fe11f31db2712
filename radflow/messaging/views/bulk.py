"""Replaying several messages: tried on a sample first, then watched."""

from __future__ import annotations

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging.handling.bulk import (
    MOST,
    outcome,
    parked_among,
    preview,
    start_bulk,
    stop_bulk,
)
from radflow.messaging.handling.causes import words_of
from radflow.messaging.models import BulkReplay


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def try_many(request: HttpRequest) -> HttpResponse:
    """What a sample of the chosen would come to; nothing is written."""
    ids = parked_among(_numbers(request))
    if not ids:
        flash.error(
            request, _("Choose parked messages first; none of these is parked.")
        )
        return redirect("messaging:exceptions")
    seen = preview(ids)
    detail = {"messages": len(ids), "tried": seen.tried}
    audit.record_view(request, "bulk_replay_tried", detail=detail)
    context = {
        "ids": ids,
        "seen": seen,
        "causes": [(code, words_of(code), n) for code, n in seen.parked.most_common()],
        "most": MOST,
    }
    return render(request, "messaging/bulk/preview.html", context)


def _numbers(request: HttpRequest) -> list[int]:
    """Of `in-7` or plain numbers; what is neither is left out."""
    given = (text.removeprefix("in-") for text in request.POST.getlist("ids"))
    return [int(text) for text in given if text.isdecimal() and len(text) < 19]


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    try:
        bulk = start_bulk(
            ids=_numbers(request),
            reason=request.POST.get("reason", ""),
            by=current_user(request),
        )
    except ValueError as error:
        flash.error(request, str(error))
        return redirect("messaging:exceptions")
    return redirect("messaging:bulk", bulk.pk)


@requires(Capability.VIEW_MESSAGES)
def progress(request: HttpRequest, bulk_id: int) -> HttpResponse:
    found = BulkReplay.objects.select_related("requested_by")
    bulk = get_object_or_404(found, pk=bulk_id)
    states = outcome(bulk)
    context = {
        "bulk": bulk,
        "total": len(bulk.message_ids),
        "states": sorted(states.items()),
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    name = "_progress" if request.headers.get("X-Fragment") else "progress"
    return render(request, f"messaging/bulk/{name}.html", context)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def stop(request: HttpRequest, bulk_id: int) -> HttpResponse:
    get_object_or_404(BulkReplay, pk=bulk_id)
    stop_bulk(bulk_id=bulk_id, by=current_user(request))
    flash.warning(request, _("Stopped. What was not taken up yet stays parked."))
    return redirect("messaging:bulk", bulk_id)
