"""An archive that is asked by DICOMweb: a real HTTP server, on good and bad days."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pydicom.dataset import Dataset

from orders.models import Order
from radflow.dicom.errors import PeerError
from radflow.dicom.web import Web
from tests.dicom.builders import dataset
from tests.factories import UserFactory
from tests.worklist.department import Department
from tests.worklist.example import UID, example_12_1
from tests.worklist.scanner import change, create, ended, performed
from worklist.models import DicomNode, Station, Study
from worklist.services.asking import ask_archives

DOSE = "1.2.840.10008.5.1.4.1.1.88.67"
Answer = tuple[int, dict[str, str], bytes]


class WebServer:
    """`answer` may be replaced; else what `found` has for a path, and 204."""

    def __init__(self) -> None:
        self.found: dict[str, list[Dataset]] = {}
        self.asked: list[str] = []
        self.answer: Callable[[str], Answer] = self._matches
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                status, headers, body = outer.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.root = f"http://127.0.0.1:{self._server.server_port}/dicom-web"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _matches(self, path: str) -> Answer:
        found = self.found.get(urlsplit(path).path.removeprefix("/dicom-web/"))
        return as_json(found) if found else (204, {}, b"")


def as_json(found: list[Dataset], **headers: str) -> Answer:
    body = json.dumps([one.to_json_dict() for one in found]).encode()
    return 200, {"Content-Type": "application/dicom+json", **headers}, body


@pytest.fixture
def web() -> Iterator[WebServer]:
    running = WebServer()
    yield running
    running.stop()


@pytest.fixture
def order(department: Department, station: Station, web: WebServer) -> Order:
    DicomNode.objects.create(
        name="Web",
        ae_title="WEB",
        host="127.0.0.1",
        port=1,
        is_archive=True,
        web_url=web.root,
    )
    order = example_12_1()
    assert create(department, performed(order)) == 0
    assert change(department, ended()) == 0
    return order


def study_at(web: WebServer, **more: Any) -> None:
    values = {
        "StudyInstanceUID": UID,
        "PatientID": "700123",
        "PatientName": "Okafor^Ada^Grace",
        "InstanceAvailability": "ONLINE",
        **more,
    }
    web.found["studies"] = [dataset(**values)]
    web.found[f"studies/{UID}/series"] = [
        _series(f"{UID}.1", "CT", 2),
        _series(f"{UID}.2", "SR", 1),
    ]
    web.found[f"studies/{UID}/series/{UID}.2/instances"] = [
        dataset(SOPInstanceUID=f"{UID}.2.1", SOPClassUID=DOSE)
    ]


def _series(uid: str, modality: str, images: int) -> Dataset:
    return dataset(
        SeriesInstanceUID=uid,
        Modality=modality,
        NumberOfSeriesRelatedInstances=images,
    )


def test_the_study_and_what_it_holds_are_found(order: Order, web: WebServer) -> None:
    study_at(web)
    assert ask_archives() == 1
    study = Study.objects.get(order=order)
    assert [(one.modality, one.holds) for one in study.series.all()] == [
        ("CT", "images"),
        ("SR", "dose"),
    ]
    assert (study.archived_instances, study.missing_instances) == (3, 0)
    assert parse_qs(urlsplit(web.asked[0]).query)["StudyInstanceUID"] == [UID]


def test_none_is_an_answer(order: Order, web: WebServer) -> None:
    ask_archives()
    study, node = Study.objects.get(order=order), DicomNode.objects.get()
    assert (study.available_at, node.fault) == (None, "")
    assert node.asked_at is not None


def test_images_of_another_patient_are_never_linked(
    order: Order, web: WebServer
) -> None:
    study_at(web, PatientID="999", PatientName="Mensah^Kofi")
    ask_archives()
    order.refresh_from_db()
    assert "another patient" in order.needs_attention
    assert Study.objects.get(order=order).archived_instances == 0


def test_an_archive_that_matches_by_nothing_tells_of_no_other_study(
    order: Order, web: WebServer
) -> None:
    study_at(web, StudyInstanceUID="1.2.999")
    ask_archives()
    assert Study.objects.get().archived_instances == 0


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((401, {}, b""), "HTTP 401"),
        ((302, {"Location": "http://127.0.0.1:9/else"}, b""), "HTTP 302"),
        ((200, {}, b"<html>"), "the answer is no DICOM JSON"),
        ((200, {}, b'{"a": 1}'), "the answer is no DICOM JSON"),
        ((200, {}, b'[{"0020000D": 5}]'), "not understood"),
        ((200, {}, b"[" + b" " * (17 << 20) + b"]"), "the answer is too long"),
    ],
)
def test_a_bad_answer_is_shown_with_the_archive(
    order: Order, web: WebServer, client: Client, answer: Answer, fault: str
) -> None:
    web.answer = lambda _path: answer
    ask_archives()
    assert Study.objects.get(order=order).available_at is None
    client.force_login(UserFactory.create(role="interface_admin"))
    assert fault in client.get("/archives/").content.decode()


def test_an_archive_away_is_shown(order: Order) -> None:
    DicomNode.objects.update(web_url="http://127.0.0.1:1/dicom-web")
    ask_archives()
    assert DicomNode.objects.get().fault == "no answer (ConnectionRefusedError)"


def test_all_pages_are_read(web: WebServer) -> None:
    pages = iter([[_series("1.1", "CT", 1)], [_series("1.2", "CT", 1)]])
    more = iter(["299 pacs: more results", ""])
    web.answer = lambda _path: as_json(next(pages), Warning=next(more))
    found = Web(web.root).search("studies/1/series", ())
    assert [one.SeriesInstanceUID for one in found] == ["1.1", "1.2"]
    assert parse_qs(urlsplit(web.asked[1]).query)["offset"] == ["1"]


def test_who_never_answers_is_given_up(web: WebServer) -> None:
    done = threading.Event()

    def silent(_path: str) -> Answer:
        done.wait(10)
        return 204, {}, b""

    web.answer = silent
    with pytest.raises(PeerError, match="no answer"):
        Web(web.root, timeout=0.2).search("studies", ())
    done.set()


@pytest.mark.django_db
def test_its_address_is_kept_and_checked(client: Client) -> None:
    client.force_login(UserFactory.create(role="interface_admin"))
    form = {"name": "Web", "ae_title": "WEB", "host": "pacs", "port": "104"}
    wrong = client.post("/archives/add/", {**form, "web_url": "file:///etc/passwd"})
    assert wrong.status_code == 400
    right = {**form, "web_url": "https://pacs.example/dicom-web"}
    assert client.post("/archives/add/", right).status_code == 302
    assert DicomNode.objects.get().web_url == "https://pacs.example/dicom-web"
