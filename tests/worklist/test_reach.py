"""Explain and preview by REST and on the command line; stations by REST."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from knox.models import AuthToken

from radflow.accounts.models import User
from radflow.dicom.exchange import AssociationInfo
from radflow.messaging.models import InboundMessage, InboundState
from tests.factories import StationFactory
from tests.worklist.example import example_12_1
from worklist.models import DicomExchange, RefusedCaller, Station
from worklist.services.callers import keep_refused

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def rest(interface_admin: User) -> Client:
    _, token = AuthToken.objects.create(interface_admin)
    return Client(headers={"Authorization": f"Bearer {token}"})


def run(*words: str) -> str:
    out = StringIO()
    call_command("worklist", *words, stdout=out)
    return out.getvalue()


def parked(key: str) -> InboundMessage:
    return InboundMessage.objects.create(
        remote_address="127.0.0.1",
        raw=b"MSH",
        body_hash=b"",
        state=InboundState.PARKED,
        keys=[key],
        error_text="The study UID is missing.",
    )


def test_rest_explains_for_one_station_and_for_all(
    rest: Client, station: Station
) -> None:
    example_12_1()
    StationFactory.create(name="MR1", ae_title="MR1_AE", modality="MR")
    asked = {"accession": "ACC26030017"}
    ct, mr = rest.get(f"{API}worklists/explain/", asked).json()
    assert (ct["station"], ct["offered"]) == ("CT1_AE", True)
    assert not mr["offered"]
    assert mr["reasons"][0]["text"] == "Modality is CT, MR1 does MR."
    (one,) = rest.get(f"{API}worklists/explain/", {**asked, "station": "ct1"}).json()
    assert one == ct
    for wrong in ({"accession": "NONE"}, {**asked, "station": "CT7"}):
        assert rest.get(f"{API}worklists/explain/", wrong).status_code == 404
    assert rest.get(f"{API}worklists/explain/").status_code == 400


def test_an_exam_that_does_not_exist_yet_is_explained_by_its_parked_message(
    rest: Client, station: Station
) -> None:
    waits = parked("O:ACC99")
    (told,) = rest.get(f"{API}worklists/explain/", {"accession": "ACC99"}).json()
    assert f"in-{waits.pk}" in told["reasons"][0]["text"]
    text = run("explain", "ACC99")
    assert "There is no exam ACC99 yet." in text
    assert f"Message in-{waits.pk} about it is parked" in text


def test_rest_previews_a_station_and_lists_what_it_asked(
    rest: Client, station: Station
) -> None:
    order = example_12_1()
    (row,) = rest.get(f"{API}stations/{station.pk}/worklist/").json()
    assert (row["order"], row["accession_number"]) == (order.pk, "ACC26030017")
    assert (row["start_date"], row["status"]) == ("20260302", "SCHEDULED")
    DicomExchange.objects.create(kind="C-FIND", calling_ae="CT1_AE", status=0xA900)
    asked = rest.get(f"{API}stations/{station.pk}/queries/").json()
    assert [one["status"] for one in asked["results"]] == [0xA900]


def test_stations_are_kept_by_rest(rest: Client, station: Station) -> None:
    (row,) = rest.get(f"{API}stations/").json()["results"]
    assert (row["ae_title"], row["scope"]) == ("CT1_AE", "pool")
    place = f"{API}stations/{station.pk}/"
    change = {"revision": row["revision"], "look_ahead_hours": 12}
    answer = rest.patch(place, change, content_type="application/json")
    assert (answer.status_code, answer.json()["revision"]) == (200, 2)
    late = rest.patch(place, change, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "STATION_CHANGED")
    wrong = {"revision": 2, "addresses": ["nowhere"]}
    refused = rest.patch(place, wrong, content_type="application/json")
    assert refused.status_code == 400
    assert "addresses" in refused.json()
    new = {
        "name": "CT2",
        "ae_title": "CT2_AE",
        "room": station.room_id,
        "modality": "CT",
    }
    added = rest.post(f"{API}stations/", new, content_type="application/json")
    assert added.status_code == 201
    assert Station.objects.get(ae_title="CT2_AE").name == "CT2"


def test_refused_callers_are_listed_by_rest(rest: Client, station: Station) -> None:
    info = AssociationInfo("WHO", "RADFLOW", "10.0.0.4", 1, 0, "a")
    keep_refused(info, RefusedCaller.Why.UNKNOWN)
    (row,) = rest.get(f"{API}refused-callers/").json()["results"]
    assert (row["calling_ae"], row["address"], row["times"]) == ("WHO", "10.0.0.4", 1)


def test_those_who_may_only_look_change_nothing(
    technologist: User, station: Station
) -> None:
    _, token = AuthToken.objects.create(technologist)
    rest = Client(headers={"Authorization": f"Bearer {token}"})
    place = f"{API}stations/{station.pk}/"
    answer = rest.patch(place, {"revision": 1}, content_type="application/json")
    assert answer.status_code == 403


def test_the_command_explains_and_previews(station: Station) -> None:
    example_12_1()
    StationFactory.create(name="MR1", ae_title="MR1_AE", modality="MR")
    text = run("explain", "ACC26030017", "--station", "MR1")
    assert "MR1 (MR1_AE): not offered" in text
    assert "Modality is CT, MR1 does MR." in text
    assert "CT1 (CT1_AE): offered" in run("explain", "ACC26030017")
    preview = run("preview", "--station", "CT1")
    assert "2026-03-02 10:00  ACC26030017" in preview
    assert "Okafor" not in preview
    for words in (["explain", "NONE"], ["preview", "--station", "CT7"]):
        with pytest.raises(CommandError):
            run(*words)
