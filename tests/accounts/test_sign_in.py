"""Coming in: by password, by token, and by the demo's cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone
from knox.models import AuthToken

from radflow.accounts.models import User
from radflow.accounts.throttle import FAILURES
from radflow.audit.models import AuditEntry
from radflow.shell import PLACES

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ClientFor = Callable[[User], Client]


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def kim(technologist: User) -> User:
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    ):
        technologist.set_password(PASSWORD)
    technologist.save()
    return technologist


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> int:
    data = {"username": "kim", "password": password, **more}
    return client.post("/accounts/login/", data).status_code


def ask_token(client: Client, password: str = PASSWORD) -> int:
    data = {"username": "kim", "password": password}
    return client.post("/api/v1/auth/token/", data).status_code


def test_signs_in_and_writes_it_down(client: Client, kim: User) -> None:
    assert sign_in(client) == 302
    assert AuditEntry.objects.get(action="signed_in").actor == kim
    assert client.post("/accounts/logout/").status_code == 302
    assert AuditEntry.objects.get(action="signed_out").actor == kim
    assert client.get("/").status_code == 302


def test_a_wrong_password_says_neither_who_nor_what(client: Client, kim: User) -> None:
    assert sign_in(client, "wrong") == 400
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("door", [sign_in, ask_token])
def test_ten_failures_close_the_door_even_to_the_right_password(
    client: Client, kim: User, door: Callable[..., int]
) -> None:
    for _ in range(FAILURES):
        assert door(client, "wrong") in (400, 401)
    assert door(client) == 429
    assert "_auth_user_id" not in client.session


def test_a_closed_door_does_not_try_the_password(
    client: Client, kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radflow.accounts.throttle.FAILURES", 0)
    tried: list[object] = []
    monkeypatch.setattr(
        "django.contrib.auth.forms.authenticate", lambda *a, **k: tried.append(k)
    )
    assert sign_in(client) == 429
    assert tried == []


def test_failures_from_elsewhere_do_not_lock_the_owner_out(
    client: Client, kim: User
) -> None:
    guesser = Client(REMOTE_ADDR="192.0.2.9")
    for _ in range(FAILURES):
        sign_in(guesser, "wrong")
    assert sign_in(guesser) == 429
    assert sign_in(client) == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_never_sends_to_another_site(client: Client, kim: User, wanted: str) -> None:
    data = {"username": "kim", "password": PASSWORD, "next": wanted}
    assert client.post("/accounts/login/", data)["Location"] == "/"
    assert client.get("/accounts/login/", {"next": wanted})["Location"] == "/"


def test_goes_on_to_the_page_that_was_asked_for(client: Client, kim: User) -> None:
    data = {"username": "kim", "password": PASSWORD, "next": "/board/?day=1"}
    assert client.post("/accounts/login/", data)["Location"] == "/board/?day=1"


def test_a_token_expires(client: Client, kim: User) -> None:
    assert ask_token(client) == 200
    (token,) = AuthToken.objects.all()
    assert timezone.now() < token.expiry < timezone.now() + timedelta(hours=13)
    assert AuditEntry.objects.get(action="token_created").actor == kim


def test_an_expired_token_is_refused(client: Client, kim: User) -> None:
    _, text = AuthToken.objects.create(kim)
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/orders/", headers=headers).status_code == 200
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/orders/", headers=headers).status_code == 401


@pytest.mark.parametrize("username", ["kim", "", "no\0body"])
def test_cards_do_not_exist_outside_the_demo(
    client: Client, kim: User, username: str
) -> None:
    data = {"username": username}
    assert client.post("/accounts/login/demo/", data).status_code == 403


def test_cards_sign_in_demo_people_only(client: Client, kim: User) -> None:
    tech = User(username="tech", role="technologist")
    tech.set_password("radflow-demo")
    tech.save()
    with override_settings(DEMO=True):
        for username in ("kim", "no\0body", ""):
            data = {"username": username}
            assert client.post("/accounts/login/demo/", data).status_code == 403
        data = {"username": "tech"}
        assert client.post("/accounts/login/demo/", data).status_code == 302


def test_only_known_themes_are_stored(kim: User, client_for: ClientFor) -> None:
    client = client_for(kim)
    assert client.post("/accounts/preferences/", {"theme": "<b>"}).status_code == 400
    assert client.post("/accounts/preferences/", {"theme": "dark"}).status_code == 204
    kim.refresh_from_db()
    assert kim.theme == "dark"


def test_density_and_keys_are_kept_and_shape_the_next_page(
    kim: User, client_for: ClientFor
) -> None:
    client = client_for(kim)
    choices = {"density": "compact", "keys": "off"}
    assert client.post("/accounts/preferences/", choices).status_code == 204
    page = client.get("/board/").content.decode()
    assert 'data-density="compact"' in page
    assert 'data-keys="off"' in page
    assert client.post("/accounts/preferences/", {}).status_code == 400


def test_no_two_places_of_the_rail_share_a_letter() -> None:
    keys = [place.key for place in PLACES]
    assert len(set(keys)) == len(keys)


def test_a_forged_form_is_refused(kim: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(kim)
    assert client.post("/accounts/preferences/", {"theme": "dark"}).status_code == 403
