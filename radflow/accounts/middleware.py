from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from radflow.accounts import idle
from radflow.accounts.access import PUBLIC, SIGNED_IN, need_of
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class LanguageMiddleware:
    """Pages in the person's own language, else in what the browser asks for.

    Programs read one language: REST stays in that of the site.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        chosen = getattr(request.user, "language", "")
        asked = chosen or translation.get_language_from_request(request)
        with translation.override(asked):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", asked)
            return response


class SiteMiddleware:
    """Pages tell time by the clock of the site where the person stands.

    Programs read one clock: REST stays in the server's zone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        site = site_of(request)
        with timezone.override(site.zone if site else None):
            return self.get_response(request)


class IdleLockMiddleware:
    """Nothing for a locked desk but the way back; what a person does keeps it open.

    Live fragments come by themselves and keep nothing open.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not isinstance(request.user, User):
            return None
        if need_of(view) == PUBLIC or idle.shows_nobody(view):
            return None
        if idle.is_locked(request.session):
            return _to_login(request)
        if not _is_fragment(request):
            idle.touch(request.session)
        return None


class DenyByDefaultMiddleware:
    """Refuses every page whose view names no need, and every person without it.

    REST views are left to their own permission class, Django admin to its own
    staff check; both also deny by default.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if _guards_itself(view):
            return None
        need = need_of(view)
        if need == PUBLIC:
            return None
        user = request.user
        if not isinstance(user, User):
            return _to_login(request)
        if need == SIGNED_IN and user.role:
            return None
        if need is not None and need != SIGNED_IN and user.may(Capability(need)):
            return None
        raise PermissionDenied


def _guards_itself(view: Any) -> bool:
    is_rest_view = hasattr(view, "cls") and hasattr(view.cls, "permission_classes")
    return is_rest_view or view.__module__.startswith("django.contrib.admin")


def _to_login(request: HttpRequest) -> HttpResponseBase:
    if _is_fragment(request) or request.path.startswith("/api/"):
        return HttpResponse(_("Sign in again."), status=401)
    return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


def _is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request") or request.headers.get("X-Fragment"))


class NoStoreMiddleware:
    """Keeps patient data out of browser and proxy caches (static files apart)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
