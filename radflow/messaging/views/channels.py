from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.messaging.channels.selectors import channels


@requires(Capability.VIEW_MESSAGES)
def channel_cards(request: HttpRequest) -> HttpResponse:
    """The cards alone, for the page that shows them; others are led to that page."""
    if not request.headers.get("X-Fragment"):
        return redirect("messaging:list")
    context = {"channels": channels(timezone.now())}
    return render(request, "messaging/_channels.html", context)
