from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.hl7.client import MLLPClient, MLLPError
from radflow.messaging.examples.catalogue import (
    EXAMPLES,
    Example,
    example_of,
    freshened,
)
from radflow.messaging.models import InboundMessage
from radflow.messaging.viewer.masking import Revealed
from radflow.messaging.views.content import read, segments_of

LOOPBACK = "127.0.0.1"


@requires(Capability.VIEW_MESSAGES)
def examples(request: HttpRequest) -> HttpResponse:
    """The worked messages; their people are invented, so nothing is masked."""
    example = example_of(request.GET.get("show", EXAMPLES[0].key))
    if example is None:
        raise Http404
    return render(request, "messaging/examples.html", _shown(request, example))


def _shown(request: HttpRequest, example: Example) -> dict[str, Any]:
    message = read(example.raw, None)
    found = InboundMessage.objects.filter(control_id=request.GET.get("sent", "-"))
    return {
        "examples": EXAMPLES,
        "example": example,
        "message": message,
        "can_send": settings.DEMO,
        "tab": "raw" if request.GET.get("tab") == "raw" else "tree",
        "arrived": found.order_by("-id").first(),
        **segments_of(example.raw, message, Revealed(), None, ""),
    }


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def send_example(request: HttpRequest, key: str) -> HttpResponse:
    """To our own port, as if its sender had sent it now; in the demo only."""
    example = example_of(key)
    if example is None or not settings.DEMO:
        raise Http404
    control_id = f"EX{secrets.token_hex(5).upper()}"
    raw = freshened(example.raw, control_id, timezone.now())
    address = f"{reverse('messaging:examples')}?show={key}"
    try:
        with MLLPClient(LOOPBACK, settings.MLLP_PORT) as client:
            client.send(raw)
    except MLLPError:
        flash.error(
            request, _("Not sent: the listener of this instance does not answer.")
        )
        return redirect(address)
    return redirect(f"{address}&sent={control_id}")
