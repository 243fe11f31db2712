from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts import idle
from radflow.accounts.access import current_user, public, signed_in
from radflow.accounts.demo import DEMO_PASSWORD, PEOPLE, role_cards
from radflow.accounts.models import User
from radflow.accounts.preferences import PreferencesForm
from radflow.accounts.throttle import SignInThrottle
from radflow.audit import services as audit


@public
def sign_in(request: HttpRequest) -> HttpResponse:
    at_desk = request.user.is_authenticated and not idle.is_locked(request.session)
    if at_desk and request.method == "GET":
        return redirect(_next(request))
    form = AuthenticationForm(request, data=request.POST or None)
    throttle = SignInThrottle(request, request.POST.get("username", ""))
    if request.method == "POST" and throttle.is_closed():
        return _login_page(request, AuthenticationForm(request), 429, throttled=True)
    if request.method == "POST":
        if form.is_valid():
            return _enter(request, form.get_user())
        throttle.count_failure()
        return _login_page(request, form, 400)
    return _login_page(request, form)


@public
@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    """One click on a role card; exists in demo mode only."""
    if not settings.DEMO:
        raise PermissionDenied
    username = request.POST.get("username", "")
    if username not in {person.username for person in PEOPLE}:
        raise PermissionDenied
    user = authenticate(request, username=username, password=DEMO_PASSWORD)
    if not isinstance(user, User):
        raise PermissionDenied
    return _enter(request, user)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        audit.record_view(request, "signed_out")
    logout(request)
    return redirect("accounts:login")


@signed_in
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody typed or pointed at a page that asks the server for nothing."""
    idle.touch(request.session)
    return HttpResponse(status=204)


@signed_in
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    idle.lock(request.session)
    audit.record_view(request, "locked")
    return HttpResponse(status=204)


@public
@require_POST
def unlock(request: HttpRequest) -> JsonResponse:
    """Back to a page that kept its text, by the password of who it belongs to.

    `{"csrf": ...}` for the page's forms; `{"error": ...}` says why not. Works as well
    where the session has ended meanwhile.
    """
    username = request.POST.get("username", "")
    throttle = SignInThrottle(request, username)
    if throttle.is_closed():
        return _still_locked(_("Too many attempts. Wait a few minutes."), 429)
    if request.user.is_authenticated and request.user.get_username() != username:
        return _still_locked(_("Somebody else has signed in here meanwhile."), 409)
    password = request.POST.get("password", "")
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        throttle.count_failure()
        return _still_locked(_("This password is wrong."), 400)
    login(request, user)
    idle.begin(request.session)
    audit.record_view(request, "unlocked")
    return JsonResponse({"csrf": get_token(request)})


def _still_locked(why: str, status: int) -> JsonResponse:
    return JsonResponse({"error": why}, status=status)


@signed_in
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a preference of the person who asks; fields not posted stay."""
    user = current_user(request)
    form = PreferencesForm(request.POST)
    if not form.is_valid() or not form.chosen:
        return HttpResponse("Unknown preference.", status=400)
    for field, value in form.chosen.items():
        setattr(user, field, value)
    user.save(update_fields=list(form.chosen))
    return HttpResponse(status=204)


def _enter(request: HttpRequest, user: Any) -> HttpResponseRedirect:
    login(request, user)
    idle.begin(request.session)
    audit.record_view(request, "signed_in")
    return HttpResponseRedirect(_next(request))


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _login_page(
    request: HttpRequest,
    form: AuthenticationForm,
    status: int = 200,
    *,
    throttled: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "throttled": throttled,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "role_cards": role_cards() if settings.DEMO else [],
        "demo_login_url": resolve_url("accounts:demo") if settings.DEMO else "",
    }
    return render(request, "accounts/login.html", context, status=status)
