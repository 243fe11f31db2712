from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Fragment": "1"}
PASSWORD = "correct horse battery"


@pytest.fixture
def desk(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    cache.clear()  # of failures counted by other tests
    coordinator.set_password(PASSWORD)
    coordinator.save()
    return client_for(coordinator)


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the clock of the server be later by so much."""

    def move(**span: float) -> None:
        then = timezone.now() + timedelta(**span)
        monkeypatch.setattr("radflow.accounts.idle.timezone", _Clock(then))

    return move


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def unlock(desk: Client, password: str, username: str = "priya") -> Any:
    values = {"username": username, "password": password}
    return desk.post("/accounts/unlock/", values, headers=SCRIPT)


def test_a_locked_desk_shows_nothing_until_the_password_is_given(desk: Client) -> None:
    assert desk.post("/accounts/lock/").status_code == 204
    assert desk.get("/board/", headers=SCRIPT).status_code == 401
    assert desk.get("/board/")["Location"].startswith("/accounts/login/")
    assert desk.get("/api/v1/orders/").status_code == 401
    assert unlock(desk, PASSWORD).json().keys() == {"csrf"}
    assert desk.get("/board/").status_code == 200


def test_a_wrong_password_leaves_it_locked_and_says_so(desk: Client) -> None:
    desk.post("/accounts/lock/")
    refused = unlock(desk, "wrong")
    assert refused.status_code == 400
    assert "password" in refused.json()["error"]
    assert desk.get("/board/", headers=SCRIPT).status_code == 401


def test_passwords_cannot_be_guessed_through_the_lock(desk: Client) -> None:
    desk.post("/accounts/lock/")
    codes = [unlock(desk, f"guess {n}").status_code for n in range(11)]
    assert codes == [400] * 10 + [429]


def test_nobody_else_opens_the_page_of_who_is_signed_in(
    desk: Client, technologist: User
) -> None:
    technologist.set_password(PASSWORD)
    technologist.save()
    desk.post("/accounts/lock/")
    assert unlock(desk, PASSWORD, "kim").status_code == 409
    assert desk.get("/board/", headers=SCRIPT).status_code == 401


def test_a_session_that_ended_begins_anew_over_the_page(desk: Client) -> None:
    desk.logout()
    assert unlock(desk, PASSWORD).status_code == 200
    assert desk.get("/board/").status_code == 200


def test_a_desk_that_no_browser_locks_is_locked_by_the_server(
    desk: Client, after: Callable[..., None]
) -> None:
    desk.get("/board/")
    after(minutes=16)
    assert desk.get("/board/rows/", headers=SCRIPT).status_code != 401
    after(minutes=17, seconds=1)
    assert desk.get("/board/rows/", headers=SCRIPT).status_code == 401


def test_live_fragments_keep_nothing_open_and_a_person_does(
    desk: Client, after: Callable[..., None]
) -> None:
    desk.get("/board/")
    after(minutes=10)
    desk.get("/board/rows/", headers=SCRIPT)
    desk.post("/accounts/stay/")
    after(minutes=26)
    assert desk.get("/board/").status_code == 200
    after(minutes=36)
    desk.get("/board/rows/", headers=SCRIPT)
    after(minutes=44)
    assert desk.get("/board/", headers=SCRIPT).status_code == 401


def test_critical_alerts_reach_a_locked_desk(desk: Client) -> None:
    desk.post("/accounts/lock/")
    assert desk.get("/critical/alerts/", headers=SCRIPT).status_code == 200


def test_locking_and_unlocking_are_on_the_record(desk: Client) -> None:
    desk.post("/accounts/lock/")
    unlock(desk, PASSWORD)
    done = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(done)[-2:] == ["locked", "unlocked"]
