"""People read pages in their own language; what programs read does not change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from radflow.accounts.models import User
from radflow.accounts.roles import Role
from radflow.accounts.templatetags import display
from radflow.shell import PLACES
from tests.factories import make_order, patient_request

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def german(coordinator: User) -> User:
    coordinator.language = "de"
    coordinator.save()
    return coordinator


def test_a_choice_is_kept_and_the_next_page_comes_in_it(
    coordinator: User, client_for: ClientFor
) -> None:
    client = client_for(coordinator)
    chosen = client.post("/accounts/preferences/", {"language": "de"})
    assert chosen.status_code == 204
    coordinator.refresh_from_db()
    assert coordinator.language == "de"
    response = client.get("/board/")
    page = response.content.decode()
    assert '<html lang="de" data-language="de"' in page
    assert response["Content-Language"] == "de"
    assert "Abmelden" in page
    assert "Sign out" not in page


def test_a_choice_weighs_more_than_what_the_browser_asks(
    german: User, client_for: ClientFor
) -> None:
    client = client_for(german)
    assert client.get("/board/", headers=FRENCH)["Content-Language"] == "de"
    client.post("/accounts/preferences/", {"language": "en"})
    assert client.get("/board/", headers=GERMAN)["Content-Language"] == "en"


def test_only_languages_that_pages_speak_are_kept(
    coordinator: User, client_for: ClientFor
) -> None:
    client = client_for(coordinator)
    refused = client.post("/accounts/preferences/", {"language": "fr"})
    assert refused.status_code == 400
    coordinator.refresh_from_db()
    assert coordinator.language == ""


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        (GERMAN, "de", "Anmelden"),
        (FRENCH, "en", "Sign in"),
        ({}, "en", "Sign in"),
    ],
)
def test_who_has_not_chosen_gets_what_the_browser_asks_for(
    client: Client, asked: dict[str, str], language: str, words: str
) -> None:
    page = client.get("/accounts/login/", headers=asked).content.decode()
    assert f'<html lang="{language}"' in page
    assert f">{words}</button>" in page


def test_a_language_ends_with_its_request(client: Client, german: User) -> None:
    client.get("/accounts/login/", headers=GERMAN)
    assert "Sign in" in client.get("/accounts/login/").content.decode()


def test_a_wrong_password_is_refused_in_the_readers_language(client: Client) -> None:
    data = {"username": "kim", "password": "wrong"}
    page = client.post("/accounts/login/", data, headers=GERMAN).content.decode()
    assert "Nicht angemeldet." in page
    assert "Not signed in." not in page


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/no-such-page/", 404, "Nicht gefunden"), ("/station/", 403, "Nicht erlaubt")],
)
def test_a_refusal_comes_in_the_language_of_the_person(
    german: User, client_for: ClientFor, address: str, status: int, words: str
) -> None:
    response = client_for(german).get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert '<html lang="de"' in page


def test_programs_read_english_whoever_asks(
    german: User, client_for: ClientFor
) -> None:
    client = client_for(german)
    answer = client.get("/api/v1/orders/999999999/", headers=GERMAN)
    assert answer.json() == {"detail": "No Order matches the given query."}
    order = make_order()
    in_german = client.get(f"/api/v1/orders/{order.pk}/", headers=GERMAN)
    in_english = client.get(f"/api/v1/orders/{order.pk}/")
    assert in_german.json() == in_english.json()


def test_a_birth_date_is_written_as_the_language_writes_it(
    german: User, client_for: ClientFor
) -> None:
    born = date(1945, 7, 14)
    person = patient_request(birth_date=born, birth_date_text="19450714")
    order = make_order(patient=person)
    age = display.age(born).removesuffix(" y")
    client = client_for(german)
    found = client.get(f"/patients/{order.patient_id}/").content.decode()
    assert f"14.07.1945 ({age} J.)" in found
    client.post("/accounts/preferences/", {"language": "en"})
    found = client.get(f"/patients/{order.patient_id}/").content.decode()
    assert f"14-Jul-1945 ({age} y)" in found


def test_another_day_and_its_time_are_written_as_the_language_writes_them() -> None:
    yesterday = timezone.localtime() - timedelta(days=1)
    with translation.override("de"):
        assert display.day_and_clock(yesterday) == f"{yesterday:%d.%m. %H:%M}"
    with translation.override("en"):
        assert display.day_and_clock(yesterday) == f"{yesterday:%d-%b %H:%M}"


def test_a_stored_phrase_is_shown_in_the_readers_language() -> None:
    with translation.override("de"):
        assert display.translated("In progress") == "Läuft"
        assert display.translated("What somebody typed") == "What somebody typed"
        assert display.translated("") == ""


def test_every_place_and_role_has_a_german_name() -> None:
    with translation.override("de"):
        places = [display.translated(str(place.label)) for place in PLACES]
        roles = [str(role.label) for role in Role]
    assert not {str(place.label) for place in PLACES} & set(places)
    assert "Radiologie (ärztlich)" in roles
    with translation.override("en"):
        assert "Radiologist" in [str(role.label) for role in Role]
