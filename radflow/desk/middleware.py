from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from radflow.accounts.models import User
from radflow.desk.drafts import forget

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SentDraftMiddleware:
    """A form that was taken has no draft any more.

    It says so by its field `draft`; a form that is refused comes back as a page, one
    that is taken leads on. Stands behind the locks: who is sent to sign in has sent
    nothing yet.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "POST" and _is_taken(request, response):
            _forget(request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> None:
        request.radflow_reached_view = True  # type: ignore[attr-defined]


def _is_taken(request: HttpRequest, response: HttpResponseBase) -> bool:
    leads_on = response.status_code == 302 or response.has_header("HX-Redirect")
    return leads_on and hasattr(request, "radflow_reached_view")


def _forget(request: HttpRequest) -> None:
    form, _, subject = request.POST.get("draft", "").rpartition("/")
    if form and subject.isdecimal() and isinstance(request.user, User):
        forget(user=request.user, form=form, subject=int(subject))
