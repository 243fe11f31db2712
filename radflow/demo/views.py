"""The demo's own page: pause the simulated hospital, or ask it for something now."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from radflow.accounts.access import signed_in
from radflow.demo.simulator import control
from radflow.demo.simulator.hospital import Hospital


@signed_in
def simulator(request: HttpRequest) -> HttpResponse:
    _require_demo()
    context = {
        "paused": control.is_paused(),
        "runs": settings.DEMO_SIMULATOR,
        "mllp_port": settings.MLLP_PORT,
        "dicom_port": settings.DICOM_PORT,
        "ae_title": settings.DICOM_AE_TITLE,
    }
    return render(request, "demo/simulator.html", context)


@signed_in
@require_POST
def command(request: HttpRequest) -> HttpResponse:
    """`do` is pause, resume, order or bad."""
    _require_demo()
    wanted = request.POST.get("do", "")
    if wanted not in _COMMANDS:
        raise Http404
    act, text = _COMMANDS[wanted]
    act()
    messages.success(request, _(text))
    return redirect("demo:simulator")


def _require_demo() -> None:
    if not settings.DEMO:
        raise Http404


def _send_order() -> None:
    Hospital().send_order()


def _send_bad() -> None:
    Hospital().send_bad()


_COMMANDS = {
    "pause": (
        control.pause,
        gettext_noop("Paused. Scanners and people stand still too."),
    ),
    "resume": (
        control.resume,
        gettext_noop("Resumed. The next order comes within 20 seconds."),
    ),
    "order": (_send_order, gettext_noop("The hospital sent an order.")),
    "bad": (_send_bad, gettext_noop("The hospital sent a message with a mistake.")),
}
