from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling.dry_run import DryRun, dry_run
from radflow.messaging.handling.replay import (
    NotReplayed,
    replay,
    replay_edited,
    text_of,
)
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.selectors import row_of
from radflow.messaging.viewer.revealing import is_revealed

_TRIED = (InboundState.PARKED, InboundState.APPLIED)
_CHANGED = gettext_noop(
    "What it would do has changed meanwhile. Look again, then decide."
)


@requires(Capability.MANAGE_INTERFACES)
def try_replay(request: HttpRequest, message_id: int) -> HttpResponse:
    """What a replay would do; nothing is written."""
    row = _message(message_id)
    found = _tried(row)
    return _page(request, row, found)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def confirm(request: HttpRequest, message_id: int) -> HttpResponse:
    """Do what was shown, if it would still do just that."""
    row = _message(message_id)
    found = _tried(row)
    if found is None or request.POST.get("seen", "") != found.fingerprint:
        return _page(request, row, found, fault=_(_CHANGED))
    try:
        reason = request.POST.get("reason", "").strip()
        replay(message_id=message_id, reason=reason, by=current_user(request))
    except WrongState as refusal:
        return _page(request, row, found, fault=refusal.text)
    except ValueError as error:
        return _page(request, row, found, fault=str(error))
    flash.success(request, _("Back in the queue. It is applied in a moment."))
    return redirect("messaging:detail", message_id)


def _message(message_id: int) -> InboundMessage:
    found = InboundMessage.objects.select_related("peer", "duplicate_of")
    return get_object_or_404(found, pk=message_id)


def _tried(row: InboundMessage) -> DryRun | None:
    if row.state not in _TRIED or row.pruned_at:
        return None
    return dry_run(row.pk)


def _page(
    request: HttpRequest, row: InboundMessage, found: DryRun | None, fault: str = ""
) -> HttpResponse:
    reference = row_of(row).reference
    revealed = is_revealed(request, reference)
    detail = {"message": reference, "tab": "dry run", "revealed": revealed}
    audit.record_view(request, "message_viewed", message_id=row.pk, detail=detail)
    context = {"row": row, "found": found, "fault": fault, "is_revealed": revealed}
    context["reference"] = reference
    return render(request, "messaging/replay.html", context)


@requires(Capability.MANAGE_INTERFACES)
def edit(request: HttpRequest, message_id: int) -> HttpResponse:
    """Change a copy and apply it; the text is shown only once it was revealed."""
    row = _message(message_id)
    reference = row_of(row).reference
    context: dict[str, Any] = {"row": row, "reference": reference}
    context["is_editable"] = row.state == InboundState.PARKED and not row.pruned_at
    context["is_revealed"] = is_revealed(request, reference)
    if not (context["is_editable"] and context["is_revealed"]):
        return render(request, "messaging/edit.html", context)
    if request.method == "POST":
        try:
            return _edited(request, message_id)
        except NotReplayed as refusal:
            context |= {"fault": refusal.text, "place": refusal.location}
        except (WrongState, ValueError) as refusal:
            context["fault"] = str(refusal)
    else:
        detail = {"message": reference, "tab": "edit", "revealed": True}
        audit.record_view(request, "message_viewed", message_id=row.pk, detail=detail)
    context["text"] = request.POST.get("text") or text_of(row)
    context["reason"] = request.POST.get("reason", "")
    return render(request, "messaging/edit.html", context)


def _edited(request: HttpRequest, message_id: int) -> HttpResponse:
    given = request.POST
    copy = replay_edited(
        message_id=message_id,
        text=given.get("text", ""),
        reason=given.get("reason", ""),
        by=current_user(request),
    )
    flash.success(request, _("The changed copy is applied; the original is kept."))
    return redirect("messaging:detail", copy.pk)
