"""How a page answers a form: where to go, or in which words it was refused."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from orders.exceptions import OrderError
from orders.lifecycle import ExamState, Refused
from orders.undoing import ORDER
from radflow.desk.undo import offer
from worklist.exceptions import WorklistError
from worklist.undoing import Offer

REFUSALS = (OrderError, WorklistError, Refused)
Refusal = OrderError | WorklistError | Refused


def wants_fragment(request: HttpRequest) -> bool:
    """Asked for by a script: a part of the page, to be put into the open one."""
    return "X-Fragment" in request.headers or "HX-Request" in request.headers


def way_back(request: HttpRequest, fallback: str) -> str:
    """The page the person came from, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else fallback


def done(
    request: HttpRequest, url: str, text: str, undo: Offer | None = None
) -> HttpResponse:
    """Say it and go there; a dialog is told to take the whole page along.

    A script that stays on its page gets what was said, to show it there. `undo` offers
    the way back along with it.
    """
    if undo:
        offer(request, text, about=ORDER, **undo)
    else:
        messages.success(request, text)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    if "X-Fragment" in request.headers:
        return render(request, "components/toasts.html", {"undone_at": url})
    return redirect(url)


def in_words(error: Refusal) -> str:
    if isinstance(error, Refused):
        state = _(ExamState(error.state).label)
        text = _("This is not possible now: the exam’s state is “%(state)s”.")
        return text % {"state": state}
    return error.text


def refused(request: HttpRequest, back: str, error: Refusal) -> HttpResponse:
    """409: why not, and the way back."""
    name = "_refused" if wants_fragment(request) else "refused"
    context = {"text": in_words(error), "back": back}
    return render(request, f"worklist/{name}.html", context, status=409)
