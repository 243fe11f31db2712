from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from radflow.accounts.access import public

pytestmark = pytest.mark.django_db
TYPED = "Fracture of the <left> hip"


@public
def broken(request: HttpRequest, number: str = "") -> HttpResponse:
    raise RuntimeError("not for the log: Okafor")


@public
def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed the connection")


handler500 = "radflow.errors.server_error"
urlpatterns = [
    path("", include("radflow.urls")),
    path("broken/<str:number>/", broken),
    path("away/", away),
    path("api/broken/", broken),
]


@pytest.fixture
def client(settings: Any) -> Iterator[Client]:
    settings.ROOT_URLCONF = __name__
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    yield Client(raise_request_exception=False)


def test_the_incident_of_the_page_is_in_the_log_without_what_was_asked(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "radflow.errors"):
        response = client.get("/broken/700123/")
    assert response.status_code == 500
    incident = response["X-Incident"]
    assert incident in response.content.decode()
    line = next(r.getMessage() for r in caplog.records if r.name == "radflow.errors")
    assert incident in line and "RuntimeError" in line
    assert "700123" not in line and "Okafor" not in line


def test_what_was_typed_comes_back_to_be_sent_again(client: Client) -> None:
    sent = {"impression": TYPED, "password": "hunter2!"}
    html = client.post("/broken/1/", sent).content.decode()
    assert 'action="/broken/1/"' in html
    assert "Fracture of the &lt;left&gt; hip" in html
    assert "hunter2!" not in html


def test_a_database_that_is_away_is_said_as_such(client: Client) -> None:
    response = client.get("/away/")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "database" in response.content.decode()


def test_programs_get_the_incident_as_json(client: Client) -> None:
    response = client.get("/api/broken/")
    assert response.json()["incident"] == response["X-Incident"]
