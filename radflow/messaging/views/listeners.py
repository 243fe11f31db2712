from __future__ import annotations

from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.messaging.models import Listener
from radflow.messaging.peers.forms import ListenerForm
from radflow.messaging.peers.listeners import add_listener, change_listener


@requires(Capability.MANAGE_INTERFACES)
def add(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


@requires(Capability.MANAGE_INTERFACES)
def edit(request: HttpRequest, listener_id: int) -> HttpResponse:
    return _answer(request, get_object_or_404(Listener, pk=listener_id))


def _answer(request: HttpRequest, listener: Listener | None) -> HttpResponse:
    form = ListenerForm(request.POST or None, instance=listener)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form, listener)
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"form": form, "listener": listener}
    status = 400 if form.errors else 200
    return render(request, "messaging/peers/listener.html", context, status=status)


def _save(
    request: HttpRequest, form: ListenerForm, listener: Listener | None
) -> HttpResponse:
    by, values = current_user(request), form.cleaned_data
    if listener is None:
        saved = add_listener(values=values, by=by)
    else:
        saved = change_listener(listener_id=listener.pk, values=values, by=by)
    said = _("%(name)s is saved, and used within seconds.")
    flash.success(request, said % {"name": saved.name})
    return redirect("messaging:peers")
