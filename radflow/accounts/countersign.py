"""A second person answers for an act of the one who is signed in."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest

from radflow.accounts.models import User
from radflow.accounts.throttle import SignInThrottle
from radflow.audit import services as audit


def second_person(request: HttpRequest, username: str, password: str) -> User | None:
    """Who has given this password; the session stays with who is signed in.

    A failed try counts as a failed sign-in of that name, and is on record.
    """
    throttle = SignInThrottle(request, username)
    if throttle.is_closed():
        return None
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User):
        return user
    throttle.count_failure()
    audit.record_view(request, "countersign_failed", detail={"username": username})
    return None
