"""Pausing, draining and redirecting a channel, each with its reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.messaging.channels.switches import (
    drain_sending,
    pause_applying,
    pause_sending,
    redirect_sending,
    resume_applying,
    resume_sending,
)
from radflow.messaging.models import Peer

_SWITCHES = {
    "pause_sending": (
        pause_sending,
        gettext_lazy("Nothing is sent to {} until it is resumed."),
    ),
    "drain_sending": (
        drain_sending,
        gettext_lazy("What is queued for {} still goes, no more."),
    ),
    "resume_sending": (resume_sending, gettext_lazy("Sending to {} goes on.")),
    "pause_applying": (
        pause_applying,
        gettext_lazy("Messages of {} are kept and wait."),
    ),
    "resume_applying": (
        resume_applying,
        gettext_lazy("Messages of {} are applied again."),
    ),
}


class SwitchForm(forms.Form):
    switch = forms.ChoiceField(choices=[(name, name) for name in _SWITCHES])
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class RedirectForm(forms.Form):
    """Both empty: back to where the settings say."""

    redirect_host = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Host")
    )
    redirect_port = forms.IntegerField(
        required=False, min_value=1, max_value=65535, label=gettext_lazy("Port")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        named = [values.get(name) for name in ("redirect_host", "redirect_port")]
        if any(named) and not all(named) and not self.errors:
            empty = "redirect_port" if named[0] else "redirect_host"
            self.add_error(empty, _("Host and port belong together."))
        return values

    def destination(self) -> tuple[str, int] | None:
        values = self.cleaned_data
        host, port = values["redirect_host"], values["redirect_port"]
        return (host, port) if host and port else None


def switch_form(data: Any = None) -> SwitchForm:
    return SwitchForm(data, auto_id="switch_%s")


def redirect_form(peer: Peer, data: Any = None) -> RedirectForm:
    told = {
        "redirect_host": peer.redirect_host,
        "redirect_port": peer.redirect_port or None,
    }
    return RedirectForm(data, initial=told, auto_id="redirect_%s")


@requires(Capability.MANAGE_INTERFACES)
def operate(request: HttpRequest, peer_id: int) -> HttpResponse:
    """What runs and what is paused, and the buttons that change it."""
    peer = get_object_or_404(Peer.objects.select_related("paused_by"), pk=peer_id)
    return _page(request, peer, switch_form(), redirect_form(peer))


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def switch(request: HttpRequest, peer_id: int) -> HttpResponse:
    peer = get_object_or_404(Peer.objects.select_related("paused_by"), pk=peer_id)
    form = switch_form(request.POST)
    if not form.is_valid():
        return _page(request, peer, form, redirect_form(peer))
    service, told = _SWITCHES[form.cleaned_data["switch"]]
    reason = form.cleaned_data["reason"]
    service(peer_id=peer.pk, by=current_user(request), reason=reason)
    flash.success(request, told.format(peer.name))
    return redirect("messaging:peer-operate", peer_id)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def send_elsewhere(request: HttpRequest, peer_id: int) -> HttpResponse:
    peer = get_object_or_404(Peer.objects.select_related("paused_by"), pk=peer_id)
    form = redirect_form(peer, request.POST)
    if not form.is_valid():
        return _page(request, peer, switch_form(), form)
    to, reason = form.destination(), form.cleaned_data["reason"]
    try:
        redirect_sending(
            peer_id=peer.pk, to=to, by=current_user(request), reason=reason
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _page(request, peer, switch_form(), form)
    host, port = to or (peer.host, peer.port)
    said = {"peer": peer.name, "place": f"{host}:{port}"}
    if to:
        text = _("%(peer)s is sent to %(place)s.") % said
    else:
        text = _("%(peer)s is sent to %(place)s, as set.") % said
    flash.success(request, text)
    return redirect("messaging:peer-operate", peer_id)


def _page(
    request: HttpRequest, peer: Peer, switching: SwitchForm, redirecting: RedirectForm
) -> HttpResponse:
    context = {"peer": peer, "switching": switching, "redirecting": redirecting}
    status = 400 if switching.errors or redirecting.errors else 200
    return render(request, "messaging/peers/operate.html", context, status=status)
