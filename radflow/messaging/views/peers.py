from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, Line
from radflow.messaging.channels.channel import Channel
from radflow.messaging.channels.selectors import channels
from radflow.messaging.checks import refused_at_the_door
from radflow.messaging.exceptions import PeerChanged
from radflow.messaging.models import Listener, Peer, PeerRevision
from radflow.messaging.peers.forms import (
    CODE_SET_FIELD,
    GROUPS,
    MAPPED,
    TITLES,
    PeerForm,
    profile_rows,
    time_zones,
)
from radflow.messaging.peers.revisions import (
    differences,
    history_of,
    listener_names,
    rebased,
    roll_back,
)
from radflow.messaging.peers.settings import add_peer, change_peer, values_of
from radflow.messaging.peers.trial import Trial, try_settings

TRIED = 50


@requires(Capability.VIEW_MESSAGES)
def peer_list(request: HttpRequest) -> HttpResponse:
    """Every system we talk HL7 with, and the ports we hear them on."""
    context = {
        "peers": _with_channels(),
        "listeners": Listener.objects.all(),
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "_tables" if is_fragment else "list"
    return render(request, f"messaging/peers/{name}.html", context)


def _with_channels() -> list[tuple[Peer, list[Channel]]]:
    """Each peer with the state of what comes in from it and goes out to it."""
    found: dict[int | None, list[Channel]] = {}
    for channel in channels(timezone.now()):
        found.setdefault(channel.peer_id, []).append(channel)
    return [(peer, found.get(peer.pk, [])) for peer in Peer.objects.all()]


@requires(Capability.MANAGE_INTERFACES)
def add(request: HttpRequest) -> HttpResponse:
    form = PeerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            peer = add_peer(
                values=form.settings(),
                by=current_user(request),
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            flash.success(
                request, _("%(peer)s is known from now on.") % {"peer": peer.name}
            )
            return redirect("messaging:peers")
    return _form_page(request, form, None)


@requires(Capability.MANAGE_INTERFACES)
def edit(request: HttpRequest, peer_id: int) -> HttpResponse:
    peer = get_object_or_404(Peer, pk=peer_id)
    form = _bound_form(request, peer)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form, peer_id)
        except PeerChanged as conflict:
            return _conflict_page(request, form, conflict)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return _form_page(request, form, peer)


def _bound_form(request: HttpRequest, peer: Peer) -> PeerForm:
    return PeerForm(request.POST or None, instance=peer)


def _save(request: HttpRequest, form: PeerForm, peer_id: int) -> HttpResponse:
    revision = form.cleaned_data["revision"]
    peer = change_peer(
        peer_id=peer_id,
        values=form.settings(),
        revision=revision,
        by=current_user(request),
        reason=form.cleaned_data["reason"],
    )
    if peer.revision == revision:
        said = _("Nothing was changed at %(peer)s.")
        flash.info(request, said % {"peer": peer.name})
    else:
        said = _("%(peer)s is at revision %(revision)s, used at once.")
        numbers = {"peer": peer.name, "revision": peer.revision}
        flash.success(request, said % numbers)
    return redirect("messaging:peers")


def _conflict_page(
    request: HttpRequest, form: PeerForm, conflict: PeerChanged
) -> HttpResponse:
    """Theirs, with what I changed put on them; saving again from here keeps both."""
    current = Peer.objects.get(pk=form.instance.pk)
    wanted = form.cleaned_data
    mine = rebased(current=current, mine=form.instance, seen=wanted["revision"])
    differing = differences(values_of(current), values_of(mine), listener_names())
    told = Conflict(
        conflict.by,
        conflict.at,
        lines=[Line(one.label, one.old, one.new) for one in differing],
        theirs=reverse("messaging:peer", args=[current.pk]),
        form="peer-form",
    )
    again = PeerForm(instance=mine, initial={"reason": wanted["reason"]})
    return _form_page(request, again, current, status=409, conflict=told)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def try_out(request: HttpRequest, peer_id: int) -> HttpResponse:
    """The form comes back as it was sent, with what it would change."""
    peer = get_object_or_404(Peer, pk=peer_id)
    form = _bound_form(request, peer)
    if not form.is_valid():
        return _form_page(request, form, peer)
    trial = _tried(request, Peer.objects.get(pk=peer_id), form.instance)
    return _form_page(request, form, peer, trial=trial)


def _tried(request: HttpRequest, current: Peer, wanted: Peer) -> Trial:
    trial = try_settings(
        current=current, proposed=wanted, last=TRIED, refusal=refused_at_the_door
    )
    seen = [f"in-{line.id}" for line in trial.messages]
    audit.record_view(
        request, "settings_tried", detail={"peer": current.pk, "messages": seen}
    )
    return trial


@requires(Capability.VIEW_MESSAGES)
def history(request: HttpRequest, peer_id: int) -> HttpResponse:
    """What was changed, by whom and why; `from` and `to` compare any two."""
    peer = get_object_or_404(Peer, pk=peer_id)
    context = {
        "peer": peer,
        "steps": history_of(peer),
        "compared": _compared(request, peer),
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    return render(request, "messaging/peers/history.html", context)


def _compared(request: HttpRequest, peer: Peer) -> dict[str, Any] | None:
    """Two revisions of the address, where it names two."""
    named = [request.GET.get(name, "") for name in ("from", "to")]
    if not all(number.isdecimal() and len(number) < 9 for number in named):
        return None
    old, new = (_revision(peer, int(number)) for number in named)
    found = differences(old.values, new.values, listener_names())
    return {
        "old": old,
        "new": new,
        "titles": [
            _("Revision %(number)s") % {"number": one.number} for one in (old, new)
        ],
        "differences": found,
    }


def _revision(peer: Peer, number: int) -> PeerRevision:
    return get_object_or_404(PeerRevision, peer=peer, number=number)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def roll(request: HttpRequest, peer_id: int) -> HttpResponse:
    """Back to an old revision, as a new one."""
    try:
        to, seen = (int(request.POST[name]) for name in ("to", "revision"))
    except (KeyError, ValueError):
        raise Http404 from None
    get_object_or_404(PeerRevision, peer_id=peer_id, number=to)
    try:
        peer = roll_back(
            peer_id=peer_id, to=to, revision=seen, by=current_user(request)
        )
    except PeerChanged as conflict:
        flash.error(request, conflict.text)
    except ValidationError as error:
        told = " ".join(error.messages)
        said = _("Those settings are not possible any more: %(why)s")
        flash.error(request, said % {"why": told})
    else:
        said = _("Revision %(old)s is back, as %(new)s.")
        flash.success(request, said % {"old": to, "new": peer.revision})
    return redirect("messaging:peer-history", peer_id)


def _learned_week(peer: Peer | None) -> list[tuple[str, list[int]]]:
    """Weekdays with the learned silence of each hour, in minutes; 0: none expected."""
    gaps = peer.learned_gaps if peer else []
    minutes = [round(seconds / 60) for seconds in gaps]
    return [
        (str(name), minutes[day * 24 : day * 24 + 24])
        for day, name in WEEKDAYS.items()
        if minutes
    ]


def _form_page(
    request: HttpRequest,
    form: PeerForm,
    peer: Peer | None,
    *,
    status: int | None = None,
    **extra: Any,
) -> HttpResponse:
    status = status or (400 if form.errors else 200)
    shown = Peer.objects.get(pk=peer.pk) if peer else None
    context = {
        "form": form,
        "peer": shown,
        "groups": [
            (title, TITLES[title], [form[name] for name in names])
            for title, names in GROUPS.items()
        ],
        "mapping": [form[name] for name in (*MAPPED, CODE_SET_FIELD)],
        "profiles": profile_rows(),
        "zones": time_zones(),
        "week": _learned_week(shown),
        "tried": TRIED,
        **extra,
    }
    return render(request, "messaging/peers/form.html", context, status=status)
