"""The desk: messages that need a person, with owner, age and comment."""

from __future__ import annotations

from django import forms
from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import CAPABILITIES, Capability
from radflow.audit import services as audit
from radflow.messaging.browse import message_at
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling import desk
from radflow.messaging.handling.causes import causes, words_of
from radflow.messaging.handling.queue import Filter, items
from radflow.messaging.models import InboundMessage, Peer

PAGE = 25
Message = desk.Message


class Comment(forms.Form):
    text = forms.CharField(max_length=500)


class Reason(forms.Form):
    reason = forms.CharField(max_length=200)


@requires(Capability.VIEW_MESSAGES)
def desk_page(request: HttpRequest) -> HttpResponse:
    """Oldest first; the filters are in the address."""
    names = ("owner", "peer", "code")
    wanted = Filter(**{name: request.GET.get(name, "").strip() for name in names})
    page = Paginator(items(wanted), PAGE).get_page(request.GET.get("page"))
    seen = [item.reference for item in page.object_list]
    audit.record_view(request, "exceptions_listed", detail={"messages": seen})
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "page": page,
        "wanted": wanted,
        "query": kept.urlencode(),
        "peers": Peer.objects.order_by("name"),
        "people": _people(),
        "causes": causes(),
        "cause": words_of(wanted.code),
        "waiting": 0 if seen else len(items(Filter())),
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "exceptions/_items.html" if is_fragment else "exceptions/desk.html"
    return render(request, f"messaging/{name}", context)


def _people() -> list[User]:
    """Who can be given a message."""
    need = Capability.MANAGE_INTERFACES
    roles = [role for role, may in CAPABILITIES.items() if need in may]
    return list(User.objects.filter(is_active=True, role__in=roles).order_by("id"))


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    message = _message(reference)
    wanted = request.POST.get("owner", "")
    owner = next((one for one in _people() if str(one.pk) == wanted), None)
    if wanted and owner is None:
        flash.error(request, _("This person cannot be given a message."))
        return _back(request)
    desk.assign(message=message, owner=owner, by=current_user(request))
    said = {"reference": reference}
    if owner:
        said["owner"] = owner.get_full_name()
        text = _("%(reference)s is assigned to %(owner)s.") % said
    else:
        text = _("%(reference)s is nobody’s now.") % said
    flash.success(request, text)
    return _back(request)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def comment(request: HttpRequest, reference: str) -> HttpResponse:
    form = Comment(request.POST)
    message = _message(reference)
    if form.is_valid():
        text = form.cleaned_data["text"]
        desk.comment(message=message, text=text, by=current_user(request))
    else:
        flash.error(request, _("A comment has 1 to 500 characters."))
    return _back(request)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def skip(request: HttpRequest, reference: str) -> HttpResponse:
    message = _message(reference)
    form = Reason(request.POST)
    if not isinstance(message, InboundMessage):
        raise Http404
    if not form.is_valid():
        flash.error(request, _("Say why it is skipped; the reason is kept with it."))
        return _back(request)
    reason = form.cleaned_data["reason"]
    try:
        desk.skip(message_id=message.pk, reason=reason, by=current_user(request))
    except WrongState as error:
        flash.error(request, error.text)
    else:
        said = _("%(reference)s is skipped. What waited behind it goes on.")
        flash.warning(request, said % {"reference": reference})
    return _back(request)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def keep(request: HttpRequest, reference: str) -> HttpResponse:
    """Legal hold on or off."""
    message = _message(reference)
    form = Reason(request.POST)
    if not form.is_valid():
        flash.error(request, _("Say why; the reason is kept with it."))
        return _back(request)
    desk.keep(
        message=message,
        on=request.POST.get("on") == "1",
        reason=form.cleaned_data["reason"],
        by=current_user(request),
    )
    return _back(request)


def _message(reference: str) -> Message:
    found = message_at(reference)
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the form was on."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return redirect(wanted)
    return redirect("messaging:exceptions")
