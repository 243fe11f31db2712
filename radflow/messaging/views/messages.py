from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    OutboundMessage,
    OutboundState,
)
from radflow.messaging.selectors import (
    MessageFilter,
    MessageRow,
    messages,
    readable,
    row_of,
    waiting_behind,
)
from radflow.messaging.services import discard_message, replay_message, resend_message
from radflow.messaging.tree import tree_of

PAGE = 50
TABS = ("tree", "raw", "ack", "history")
_STATES = [*InboundState.choices, *OutboundState.choices]


@requires(Capability.VIEW_MESSAGES)
def message_list(request: HttpRequest) -> HttpResponse:
    """Every message in and out, newest first; the filters are in the address."""
    wanted = _filter(request)
    page = _page(request, wanted)
    audit.record_view(
        request,
        "messages_listed",
        detail={"messages": [row.reference for row in page.object_list]},
    )
    context = {
        "page": page,
        "wanted": wanted,
        "states": _STATES,
        "query": _query(request),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "messaging/_rows.html" if is_fragment else "messaging/list.html"
    return render(request, name, context)


def _filter(request: HttpRequest) -> MessageFilter:
    names = ("direction", "control_id", "state", "message_type")
    return MessageFilter(**{name: request.GET.get(name, "").strip() for name in names})


def _page(request: HttpRequest, wanted: MessageFilter) -> Page[MessageRow]:
    found: Any = messages(wanted)
    page: Page[MessageRow] = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return page


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    kept.pop("page", None)
    return kept.urlencode()


@requires(Capability.VIEW_MESSAGES)
def received(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message that came in: segments, bytes, our answer, what it did."""
    found = InboundMessage.objects.select_related("peer", "duplicate_of")
    message = get_object_or_404(found, pk=message_id)
    return _detail(request, message, {"tries": [], "duplicates": _repeats(message)})


@requires(Capability.VIEW_MESSAGES)
def sent(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message that went out: segments, bytes, the receiver's answer, the tries."""
    found = OutboundMessage.objects.select_related("peer", "in_reply_to")
    message = get_object_or_404(found, pk=message_id)
    refused = message.state == OutboundState.REFUSED
    return _detail(
        request,
        message,
        {
            "tries": list(message.tries.all()),
            "behind": waiting_behind(message) if refused else 0,
        },
    )


def _repeats(message: InboundMessage) -> list[InboundMessage]:
    return list(message.duplicates.order_by("id")[:50])


def _detail(
    request: HttpRequest,
    message: InboundMessage | OutboundMessage,
    more: dict[str, Any],
) -> HttpResponse:
    row = row_of(message)
    tab = request.GET.get("tab", "tree")
    tab = tab if tab in TABS else "tree"
    audit.record_view(
        request, "message_viewed", detail={"message": row.reference, "tab": tab}
    )
    raw = bytes(message.raw)
    context = {
        "message": message,
        "row": row,
        "tab": tab,
        "size": len(raw),
        "raw": readable(raw) if tab == "raw" else "",
        "ack": readable(bytes(message.ack_raw)) if tab == "ack" else "",
        "tree": tree_of(raw, row.error_location) if tab == "tree" else [],
        **more,
    }
    return render(request, "messaging/detail.html", context)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def replay(request: HttpRequest, message_id: int) -> HttpResponse:
    get_object_or_404(InboundMessage, pk=message_id)
    try:
        replay_message(message_id=message_id, by=current_user(request))
    except WrongState as refusal:
        flash.error(request, refusal.text)
    else:
        flash.success(request, "Back in the queue. It is applied in a moment.")
    return redirect("messaging:detail", message_id)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def resend(request: HttpRequest, message_id: int) -> HttpResponse:
    get_object_or_404(OutboundMessage, pk=message_id)
    try:
        resend_message(message_id=message_id, by=current_user(request))
    except WrongState as refusal:
        flash.error(request, refusal.text)
    else:
        flash.success(request, "Queued to be sent again, with the same control ID.")
    return redirect("messaging:sent", message_id)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def discard(request: HttpRequest, message_id: int) -> HttpResponse:
    get_object_or_404(OutboundMessage, pk=message_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        flash.error(request, "Say why it is given up; the reason is kept with it.")
        return redirect("messaging:sent", message_id)
    try:
        discard_message(message_id=message_id, reason=reason, by=current_user(request))
    except WrongState as refusal:
        flash.error(request, refusal.text)
    else:
        flash.warning(request, "Given up. Messages that waited behind it go out now.")
    return redirect("messaging:sent", message_id)
