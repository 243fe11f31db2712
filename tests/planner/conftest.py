"""Coordinators at real pages and a real database; the test passes the hints on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, WebSocketRoute

from tests.desk.conftest import chromium as chromium

if TYPE_CHECKING:
    from radflow.accounts.models import User
    from worklist.models import Station


@dataclass
class Desk:
    """One browser of one person."""

    page: Page
    sockets: list[WebSocketRoute] = field(default_factory=list)
    told: int = 0

    def open(self) -> None:
        """The room board of tomorrow."""
        from tests.worklist.pages.exams import noon

        self.page.goto(f"/schedule/?date={noon(24 * 60):%Y-%m-%d}")
        self.page.locator("#live[data-state=live]").wait_for()

    def hear(self) -> None:
        """What was published since, as the live socket would tell it."""
        from radflow.live.models import LiveEvent

        for event in LiveEvent.objects.filter(pk__gt=self.told).order_by("pk"):
            self.told = event.pk
            hint = {"topic": event.topic, "id": event.object_id, "version": 0}
            self.sockets[-1].send(json.dumps({**hint, "seq": event.pk, "at": ""}))


Sit = Callable[..., Desk]


@pytest.fixture
def sit(chromium: Browser, live_server: Any) -> Iterator[Sit]:
    """`sit(user)`: signed in, without what comes by itself; errors fail the test."""
    contexts = []
    errors: list[str] = []

    def at(user: User, width: int = 1280) -> Desk:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 860}
        )
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        url = live_server.url
        context.add_cookies([{"name": name, "value": session_of(user), "url": url}])
        desk = Desk(context.new_page())
        desk.page.route_web_socket("**/ws/live/**", lambda it: desk.sockets.append(it))
        desk.page.route("**/critical/alerts/", lambda route: route.fulfill(body=""))
        desk.page.on("pageerror", lambda error: errors.append(str(error)))
        return desk

    yield at
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")
        context.close()
    assert errors == []


def session_of(user: User) -> str:
    from radflow.accounts import idle

    client = Client()
    client.force_login(user)
    session = client.session
    idle.begin(session)
    session.save()
    return str(session.session_key)


@pytest.fixture
def rooms(transactional_db: None) -> tuple[Station, Station]:
    """CT 1 and CT 2."""
    from tests.factories import RoomFactory, StationFactory

    first, second = (
        StationFactory.create(
            room=RoomFactory.create(name=f"CT {n}", position=n),
            name=f"CT{n}",
            ae_title=f"CT{n}_AE",
        )
        for n in (1, 2)
    )
    return first, second
