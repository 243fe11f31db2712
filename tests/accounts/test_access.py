"""Every address for every role: what is declared is what happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path

from radflow import urls
from radflow.accounts import idle
from radflow.accounts.access import PUBLIC, SIGNED_IN, need_of
from radflow.accounts.models import User
from radflow.accounts.roles import CAPABILITIES, Capability, Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
OPEN_REST = {"token", "schema", "api-docs"}


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


urlpatterns = [path("unmarked/", unmarked), *urls.urlpatterns]


def _walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from _walk(one.url_patterns, prefix + str(one.pattern))
        else:
            yield prefix + str(one.pattern), one


def _concrete(route: str) -> str:
    """`<int:order_id>` and the like become something that does not exist."""
    route = re.sub(r"\(\?P<\w+>[^)]*\)", "999999999", route)
    route = route.translate({ord("^"): None, ord("$"): None})
    parts = []
    for part in route.split("/"):
        if part.startswith("<message:"):
            parts.append("in-999999999")
        elif part.startswith("<"):
            parts.append("999999999")
        else:
            parts.append(part)
    return "/" + "/".join(parts)


ALL = [(_concrete(route), found) for route, found in _walk(get_resolver().url_patterns)]
PAGES = [
    (url, need_of(found.callback))
    for url, found in ALL
    if not hasattr(found.callback, "cls")
]
REST = [
    (url, getattr(found.callback.cls, "capability", None), found.name)
    for url, found in ALL
    if hasattr(found.callback, "cls")
]


def test_there_are_pages_and_rest_views_to_try() -> None:
    assert len(PAGES) > 20
    assert len(REST) > 5


@pytest.mark.parametrize(("url", "need"), PAGES)
def test_every_page_says_what_it_needs(url: str, need: str | None) -> None:
    assert need in {PUBLIC, SIGNED_IN, *Capability.values}


@pytest.mark.parametrize(("url", "capability", "name"), REST)
def test_every_rest_view_says_what_it_needs(
    url: str, capability: str | None, name: str
) -> None:
    assert capability is not None or name in OPEN_REST


def _statuses(client: Client, url: str) -> set[int]:
    """What GET and POST bring; a view that does not exist for a method says 405."""
    met = {client.get(url).status_code, client.post(url).status_code}
    _stay_open(client)  # one of the addresses locks the desk
    return met


def _stay_open(client: Client) -> None:
    session = client.session
    if idle.is_locked(session):
        idle.begin(session)
        session.save()


@pytest.mark.parametrize("role", Role.values)
def test_pages_open_for_those_with_the_need_and_no_other(
    role: str, client_for: ClientFor
) -> None:
    client = client_for(UserFactory.create(role=role))
    client.raise_request_exception = True
    wrong = []
    for url, need in PAGES:
        if need == PUBLIC:
            continue
        allowed = need == SIGNED_IN or need in CAPABILITIES[Role(role)]
        found = _statuses(client, url)
        if (403 in found) == allowed or 500 in found:
            wrong.append((url, need, found))
    assert wrong == []


@pytest.mark.parametrize("role", Role.values)
def test_rest_opens_for_those_with_the_capability_and_no_other(
    role: str, client_for: ClientFor
) -> None:
    client = client_for(UserFactory.create(role=role))
    wrong = []
    for url, capability, name in REST:
        if name in OPEN_REST:
            continue
        status = client.get(url).status_code
        may = capability in CAPABILITIES[Role(role)]
        if (status == 403) == may:
            wrong.append((url, capability, status))
    assert wrong == []


def test_a_person_without_a_role_sees_nothing(
    outsider: User, client_for: ClientFor
) -> None:
    client = client_for(outsider)
    found = {client.get(url).status_code for url, need in PAGES if need != PUBLIC}
    assert found == {403}
    closed = [url for url, _, name in REST if name not in OPEN_REST]
    assert {client.get(url).status_code for url in closed} == {403}


def test_nobody_is_sent_to_sign_in_and_a_fragment_says_401(client: Client) -> None:
    for url, need in PAGES:
        if need == PUBLIC:
            continue
        page = client.get(url)
        assert (page.status_code, page["Location"].split("?")[0]) == (
            302,
            "/accounts/login/",
        )
        for header in ("X-Fragment", "HX-Request"):
            assert client.get(url, headers={header: "1"}).status_code == 401


def test_rest_without_a_token_is_401(client: Client) -> None:
    closed = [url for url, _, name in REST if name not in OPEN_REST]
    assert {client.get(url).status_code for url in closed} == {401}
    wrong = {"Authorization": "Bearer " + "0" * 64}
    assert {client.get(url, headers=wrong).status_code for url in closed} == {401}


def test_a_view_that_names_no_need_is_refused_to_everyone(
    administrator: User, client_for: ClientFor
) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        assert client_for(administrator).get("/unmarked/").status_code == 403


def test_pages_are_kept_in_no_cache(client: Client) -> None:
    assert client.get("/accounts/login/")["Cache-Control"] == "no-store"


def test_only_a_radiologist_may_sign() -> None:
    may = {role for role in Role if Capability.SIGN_REPORT in CAPABILITIES[role]}
    assert may == {Role.RADIOLOGIST}
