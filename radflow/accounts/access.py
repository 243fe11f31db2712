"""How a page says what it needs; a page that says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from radflow.accounts.models import User
from radflow.accounts.roles import Capability

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed in"


def requires(capability: Capability) -> Callable[[View], View]:
    """Marks a view: only people with this capability, checked by the middleware."""
    return lambda view: _mark(view, capability)


def signed_in(view: View) -> View:
    """Marks a view that any person with a role may open."""
    return _mark(view, SIGNED_IN)


def public(view: View) -> View:
    """Marks a view that shows no patient data and needs no sign-in."""
    return _mark(view, PUBLIC)


def _mark(view: View, need: str) -> View:
    view.radflow_need = need  # type: ignore[attr-defined]
    return view


def need_of(view: Any) -> str | None:
    """What the view was marked with; None when nobody said."""
    return getattr(view, "radflow_need", None)


def current_user(request: HttpRequest) -> User:
    """The signed-in person, for views behind `requires` or `signed_in`."""
    if isinstance(request.user, AnonymousUser):
        raise RuntimeError("This view is marked public and has no user.")
    return request.user
