"""The catalogue on its pages: kept by hand and by file, codes mapped."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.models import Order, Procedure, ProcedureAlias
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

Sign = Callable[[User], Client]
HEAD = "code,text,modality,duration_minutes"


@pytest.fixture
def page(coordinator: User, client_for: Sign) -> Client:
    ProcedureFactory.create(code="CTPA", text="CT chest", modality="CT")
    return client_for(coordinator)


def look(page: Client, text: str | bytes) -> tuple[int, str]:
    """Upload it; the status, and the page."""
    raw = text if isinstance(text, bytes) else text.encode()
    answer = page.post("/catalogue/import/", {"file": SimpleUploadedFile("c.csv", raw)})
    return answer.status_code, answer.content.decode()


def take(page: Client, shown: str) -> int:
    found = re.search('name="kept" value="([^"]*)"', shown)
    assert found, "the page offers nothing to import"
    return page.post("/catalogue/import/", {"kept": found[1]}).status_code


def values() -> dict[str, object]:
    return {
        "code": "MRKNEE",
        "text": "MR knee",
        "system": "99RADFLOW",
        "modality": "mr",
        "duration_minutes": 30,
        "laterality": "required",
        "active": "on",
    }


def test_a_procedure_is_added_and_changed(page: Client) -> None:
    assert page.post("/catalogue/new/", values()).status_code == 302
    made = Procedure.objects.get(code="MRKNEE")
    assert (made.modality, made.laterality) == ("MR", "required")
    changed = {**values(), "duration_minutes": 45, "version": made.version}
    assert page.post(f"/catalogue/{made.pk}/", changed).status_code == 302
    made.refresh_from_db()
    assert made.duration_minutes == 45
    assert AuditEntry.objects.filter(action="procedure_saved").count() == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"modality": "XX"}, b"no DICOM modality"),
        ({"duration_minutes": 0}, b"Between 1 and 1440"),
        ({"code": "CTPA"}, b"already exists"),
    ],
)
def test_what_could_not_be_ordered_is_refused(
    page: Client, wrong: dict[str, object], words: bytes
) -> None:
    answer = page.post("/catalogue/new/", {**values(), **wrong})
    assert (answer.status_code, words in answer.content) == (400, True)


def test_what_is_exported_changes_nothing_when_it_comes_back(page: Client) -> None:
    ProcedureFactory.create(code="X1", text="=1+1", modality="DX")
    exported = page.get("/catalogue/export/").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert {row["text"] for row in rows} == {"CT chest", "'=1+1"}
    status, shown = look(page, exported)
    assert (status, "Nothing would change" in shown) == (200, True)


def test_a_file_is_looked_at_first_and_then_taken_whole(page: Client) -> None:
    status, shown = look(page, f"{HEAD}\nCTPA,CT chest,CT,25\nUS1,US neck,US,15\n")
    assert (status, "1 new, 1 changed" in shown) == (200, True)
    assert not Procedure.objects.filter(code="US1").exists()
    assert take(page, shown) == 302
    assert Procedure.objects.get(code="US1").modality == "US"
    assert Procedure.objects.get(code="CTPA").duration_minutes == 25


def test_a_fault_in_one_line_keeps_the_whole_file_out(page: Client) -> None:
    status, shown = look(
        page, f"{HEAD}\nUS1,US neck,US,15\nUS1,Twice,US,15\nB,Bad,QQ,x"
    )
    assert status == 200
    assert "Code: the same as in line 2" in shown
    assert "Mend the lines 3, 4 in the file" in shown
    assert "no DICOM modality" in shown
    assert "a number of minutes is wanted" in shown
    assert 'name="kept"' not in shown


def test_semicolons_and_a_mark_at_the_beginning_are_read(page: Client) -> None:
    text = "\ufeffcode;text;modality\nUS1;US neck, left;US\n"
    _, shown = look(page, text)
    assert take(page, shown) == 302
    assert Procedure.objects.get(code="US1").text == "US neck, left"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"code,text\nA,B\n",
        b"code,text,modality,nonsense\n",
        b"code,code,text,modality\n",
        b'code,text,modality\n"A,B',
        b"code,text,modality\nA\0,B,CT\n",
        b"code,text,modality\n" + b"A" * 2_000_001,
    ],
    ids=["empty", "bytes", "lacking", "unknown", "twice", "quote", "nul", "large"],
)
def test_what_is_no_catalogue_is_refused_in_words(page: Client, raw: bytes) -> None:
    status, shown = look(page, raw)
    assert (status, "Not read." in shown) == (400, True)


def test_mapping_a_code_releases_its_orders(page: Client) -> None:
    peer = PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message(obr="ZZ9^Lungs^LOCAL"))
    assert b"1 code nobody here knows" in page.get("/catalogue/").content
    assert b"ZZ9" in page.get("/catalogue/unmapped/").content
    part = page.get("/catalogue/unmapped/", headers={"X-Fragment": "1"}).content
    assert (b"ZZ9" in part, b"<html" in part) == (True, False)
    address = f"/catalogue/unmapped/map/?peer={peer.pk}&code=ZZ9&system=LOCAL"
    assert page.get(address).status_code == 200
    ct = Procedure.objects.get(code="CTPA")
    done = page.post(address, {"procedure": ct.pk}, follow=True).content
    assert b"1 order released, 0 scheduled, 0 messages replayed" in done
    assert Order.objects.get().modality == "CT"
    assert ProcedureAlias.objects.get().peer == peer
    assert page.get(address).status_code == 404


def test_a_procedure_that_is_added_later_releases_its_orders(page: Client) -> None:
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message(obr="MRKNEE^MR knee^99RADFLOW"))
    assert Order.objects.get().modality == ""
    page.post("/catalogue/new/", {**values(), "laterality": "optional"})
    assert Order.objects.get().modality == "MR"


def test_who_does_not_schedule_only_reads(technologist: User, client_for: Sign) -> None:
    client = client_for(technologist)
    assert client.get("/catalogue/").status_code == 200
    for address in ("new/", "import/", "unmapped/"):
        assert client.get(f"/catalogue/{address}").status_code == 403
