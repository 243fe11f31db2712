from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging import waiting
from radflow.messaging.browse import Position, Wanted, browse, count, message_at
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling.causes import causes
from radflow.messaging.models import (
    InboundMessage,
    OutboundMessage,
    OutboundState,
    Peer,
)
from radflow.messaging.selectors import row_of, waiting_behind
from radflow.messaging.services import discard_message, replay_message, resend_message
from radflow.messaging.viewer import revealing
from radflow.messaging.viewer.revealing import revealed_until
from radflow.messaging.views.content import content_of, receiver_of
from radflow.messaging.views.filters import (
    HOURS,
    STATES,
    chips,
    query_of,
    searched_hours,
    wanted_of,
)

TABS = (
    ("tree", gettext_lazy("Tree")),
    ("raw", gettext_lazy("Raw")),
    ("mapped", gettext_lazy("Mapped")),
    ("ack", gettext_lazy("ACK")),
    ("history", gettext_lazy("History")),
    ("conformance", gettext_lazy("Conformance")),
    ("difference", gettext_lazy("Difference")),
)


@requires(Capability.VIEW_MESSAGES)
def message_list(request: HttpRequest) -> HttpResponse:
    """Every message in and out, newest first; the filters are in the address."""
    wanted = wanted_of(request.GET)
    found = browse(wanted, Position.read(request.GET.get("before", "")))
    audit.record_view(
        request,
        "messages_listed",
        detail={"messages": [row.reference for row in found.rows]},
    )
    context = {"found": found, "wanted": wanted, "query": query_of(request.GET)}
    context |= {"show": request.GET.get("show", ""), "searched": searched_hours(wanted)}
    if request.headers.get("X-Fragment"):
        return render(request, "messaging/_rows.html", context)
    return render(request, "messaging/list.html", context | _page(request, wanted))


def _page(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    """What stands around the rows; the live updates leave it alone."""
    peers = list(Peer.objects.order_by("name"))
    total, is_more = count(wanted)
    shown = message_at(request.GET.get("show", ""))
    return {
        "peers": peers,
        "causes": causes(),
        "states": STATES,
        "hours": HOURS,
        "chips": chips(request.GET, peers),
        "total": total,
        "is_more": is_more,
        "revealed_until": revealed_until(request),
        **(shown_message(request, shown) if shown else {}),
    }


@requires(Capability.VIEW_MESSAGES)
def received(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message that came in: segments, bytes, our answer, what it did."""
    found = InboundMessage.objects.select_related("peer", "duplicate_of", "edited_from")
    return _detail(request, get_object_or_404(found, pk=message_id))


@requires(Capability.VIEW_MESSAGES)
def sent(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message that went out: segments, bytes, the receiver's answer, the tries."""
    found = OutboundMessage.objects.select_related("peer", "in_reply_to")
    return _detail(request, get_object_or_404(found, pk=message_id))


def _detail(
    request: HttpRequest, message: InboundMessage | OutboundMessage
) -> HttpResponse:
    is_fragment = request.headers.get("X-Fragment")
    name = "messaging/_viewer.html" if is_fragment else "messaging/detail.html"
    return render(request, name, shown_message(request, message))


def shown_message(
    request: HttpRequest, message: InboundMessage | OutboundMessage
) -> dict[str, Any]:
    """The message as its reader may see it, for one tab; that it was read is noted."""
    row = row_of(message)
    asked = request.GET.get("tab", "tree")
    tab = asked if asked in dict(TABS) else "tree"
    is_revealed = revealing.is_revealed(request, row.reference)
    audit.record_view(
        request,
        "message_viewed",
        detail={"message": row.reference, "tab": tab, "revealed": is_revealed},
    )
    return {
        "message": message,
        "row": row,
        "tab": tab,
        "tabs": TABS,
        "is_revealed": is_revealed,
        "revealed_until": revealed_until(request),
        "size": len(bytes(message.raw)),
        "behind": _behind(message),
        "ahead": _ahead(message),
        "receiver": receiver_of(message),
        **content_of(message, row, tab, is_revealed=is_revealed),
    }


def _behind(message: InboundMessage | OutboundMessage) -> int:
    """How many cannot go before a person has dealt with this one."""
    if isinstance(message, InboundMessage):
        return len(waiting.waiting_behind(message))
    return waiting_behind(message) if message.state == OutboundState.REFUSED else 0


def _ahead(message: InboundMessage | OutboundMessage) -> InboundMessage | None:
    """The parked message that it waits for."""
    if isinstance(message, InboundMessage):
        return waiting.waits_for(message)
    return None


@requires(Capability.VIEW_MESSAGES)
@require_POST
def reveal(request: HttpRequest) -> HttpResponse:
    """Show what is masked, of one message or of all for 15 minutes; or mask again."""
    message = message_at(request.POST.get("message", ""))
    scope = request.POST.get("scope", "message")
    if scope == "mask":
        revealing.mask_again(request)
    elif message is not None:
        reference = row_of(message).reference
        revealing.reveal(request, reference, every_message=scope == "all")
    elif scope == "all":
        revealing.reveal(request, "", every_message=True)
    else:
        raise Http404
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """Where the form stood; never another site."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and wanted.startswith("/") else reverse("messaging:list")


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def replay(request: HttpRequest, message_id: int) -> HttpResponse:
    get_object_or_404(InboundMessage, pk=message_id)
    try:
        replay_message(message_id=message_id, by=current_user(request))
    except WrongState as refusal:
        flash.error(request, refusal.text)
    else:
        flash.success(request, _("Back in the queue. It is applied in a moment."))
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
        flash.success(request, _("Queued to be sent again, with the same control ID."))
    return redirect("messaging:sent", message_id)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def discard(request: HttpRequest, message_id: int) -> HttpResponse:
    get_object_or_404(OutboundMessage, pk=message_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        flash.error(request, _("Say why it is given up; the reason is kept with it."))
        return redirect("messaging:sent", message_id)
    try:
        discard_message(message_id=message_id, reason=reason, by=current_user(request))
    except WrongState as refusal:
        flash.error(request, refusal.text)
    else:
        flash.warning(
            request, _("Given up. Messages that waited behind it go out now.")
        )
    return redirect("messaging:sent", message_id)
