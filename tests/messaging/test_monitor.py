"""The interface monitor: filters, pages, masks, tabs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.hl7.message import Message
from radflow.messaging.browse import Position, Wanted, browse, count
from radflow.messaging.examples.catalogue import EXAMPLES, freshened
from radflow.messaging.models import InboundMessage, Peer
from tests.door import deliver, last_inbound, order_message, sample
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]
NAME, MRN, BORN = b"Okafor", b"700123", b"19800514"
TABS = ("tree", "raw", "mapped", "ack", "history", "conformance", "difference")


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


def shown(page: Client, **query: str) -> list[str]:
    """The references of the listed rows."""
    text = page.get("/messages/", query, headers={"X-Fragment": "1"}).content.decode()
    return re.findall(r'<tr id="([a-z]+-\d+)"', text)


@pytest.mark.parametrize(
    ("query", "controls"),
    [
        ({"control_id": "C1"}, ["C1"]),
        ({"accession": "PLACER2"}, ["C2"]),
        ({"patient_id": "700123"}, ["C2", "C1"]),
        ({"find": "PLACER1"}, ["C1"]),
        ({"find": "C2"}, ["C2"]),
        ({"state": "parked"}, []),
        ({"message_type": "ORM^O01", "hours": "2"}, ["C2", "C1"]),
        ({"text": "PLACER1"}, ["C1"]),
        ({"text": "placer1"}, []),
        ({"direction": "out"}, []),
        ({"until": "2020-01-01T00:00"}, []),
        ({"since": "not a time", "peer": "x", "before": "x"}, ["C2", "C1"]),
    ],
)
def test_each_filter_of_the_address(
    page: Client, query: dict[str, str], controls: list[str]
) -> None:
    for n in (1, 2):
        deliver(order_message(control_id=f"C{n}", placer=f"PLACER{n}"))
    ids = {f"in-{one.pk}": one.control_id for one in InboundMessage.objects.all()}
    assert [ids[one] for one in shown(page, **query) if one in ids] == controls


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    deliver(*(order_message(control_id=f"C{n}", placer=f"P{n}") for n in range(7)))
    seen, at = [], Position()
    while True:
        found = browse(Wanted(direction="in"), at, size=3)
        seen += [row.id for row in found.rows]
        if found.older is None:
            break
        at = found.older
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == InboundMessage.objects.count()


def fill(peer: Peer, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_inbound (peer_id, remote_address, raw, body_hash,"
            " control_id, message_type, sending_application, sending_facility, version,"
            " state, control_id_reused, ack_code, ack_raw, error_code, error_location,"
            " error_text, warnings, keys, attempts, order_ids)"
            " SELECT %s, '', '', sha256(n::text::bytea), 'F' || n, 'ORM^O01', 'A', 'F',"
            " '2.5', 'applied', false, 'AA', '', '', '', '', '{}',"
            " ARRAY['O:' || n, 'P:' || n], 0, '{}' FROM generate_series(1, %s) n",
            [peer.pk, number],
        )
        cursor.execute("ANALYZE messaging_inbound")


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(direction="in"),
        Wanted(direction="in", control_id="F7"),
        Wanted(direction="in", accession="77"),
        Wanted(direction="in", patient_id="77"),
        Wanted(direction="in", find="77"),
        Wanted(direction="in", states=("parked",)),
        Wanted(direction="in", message_type="ORM^O01"),
    ],
)
def test_no_page_reads_the_whole_table(hospital: Peer, wanted: Wanted) -> None:
    fill(hospital, 20_000)
    plans: list[str] = []

    def explained(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if sql.startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql, params)
                plans.extend(line for (line,) in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        browse(wanted, Position())
    assert plans
    assert not [line for line in plans if "Seq Scan on messaging_inbound" in line]


def test_the_total_stops_counting(hospital: Peer) -> None:
    fill(hospital, 10_050)
    assert count(Wanted(direction="in")) == (10_000, True)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", ["01_", "03_", "06c_", "09_", "12b_", "11_"])
def test_patient_data_is_masked_on_every_tab(page: Client, name: str, tab: str) -> None:
    deliver(sample(name), order_message(control_id="AGAIN"))
    for message in InboundMessage.objects.all():
        text = page.get(f"/messages/in/{message.pk}/", {"tab": tab}).content
        assert not [one for one in (NAME, MRN, BORN) if one in text]


def test_labels_in_german_mask_the_same_values(
    page: Client, interface_admin: User
) -> None:
    interface_admin.language = "de"
    interface_admin.save()
    deliver(order_message())
    shown = page.get(f"/messages/in/{last_inbound().pk}/", {"tab": "mapped"})
    text = shown.content.decode()
    assert "Patient Geburtsdatum" in text
    assert not [one for one in (NAME, MRN, BORN) if one.decode() in text]


def test_a_line_that_is_no_segment_is_masked(page: Client) -> None:
    deliver(order_message(more="\rOkafor told us so"))
    for tab in ("tree", "raw"):
        text = page.get(f"/messages/in/{last_inbound().pk}/", {"tab": tab}).content
        assert NAME not in text


def test_bytes_that_are_no_message_are_masked(page: Client) -> None:
    deliver(b"Okafor 700123")
    text = page.get(f"/messages/in/{last_inbound().pk}/", {"tab": "raw"}).content
    assert NAME not in text


def test_revealing_one_message_is_audited_and_shows_no_other(page: Client) -> None:
    deliver(order_message(), order_message(control_id="C2", placer="P2"))
    first, second = InboundMessage.objects.order_by("id")
    here = f"/messages/in/{first.pk}/"
    answer = page.post("/messages/reveal/", {"message": f"in-{first.pk}", "next": here})
    assert answer["Location"] == here
    entry = AuditEntry.objects.get(action="message_revealed")
    assert entry.detail["message"] == f"in-{first.pk}"
    assert NAME in page.get(here, {"tab": "raw"}).content
    other = page.get(f"/messages/in/{second.pk}/", {"tab": "raw"})
    assert NAME not in other.content


def test_every_message_is_revealed_until_masked_again(page: Client) -> None:
    deliver(order_message())
    here = f"/messages/in/{last_inbound().pk}/"
    page.post("/messages/reveal/", {"scope": "all"})
    assert NAME in page.get(here).content
    page.post("/messages/reveal/", {"scope": "mask"})
    assert NAME not in page.get(here).content


def test_revealing_leads_to_no_other_site(page: Client) -> None:
    form = {"scope": "all", "next": "https://elsewhere.example/"}
    assert page.post("/messages/reveal/", form)["Location"] == "/messages/"


def test_the_list_shows_no_patient_data(page: Client) -> None:
    deliver(order_message())
    text = page.get("/messages/").content
    assert not [one for one in (NAME, MRN, BORN) if one in text]


def test_a_field_says_its_name_and_where_it_goes(page: Client) -> None:
    deliver(order_message())
    text = page.get(f"/messages/in/{last_inbound().pk}/").content
    assert b"Placer order number of the order" in text


def test_an_earlier_message_of_the_order_is_compared_field_by_field(
    page: Client,
) -> None:
    deliver(order_message())
    deliver(order_message(control_id="C2", control="XO"))
    here = f"/messages/in/{last_inbound().pk}/"
    text = page.get(here, {"tab": "difference"}).content.decode()
    assert "<del>NW</del>" in text
    assert "<ins>XO</ins>" in text


def test_every_example_is_shown_and_explained(page: Client) -> None:
    for example in EXAMPLES:
        answer = page.get("/messages/examples/", {"show": example.key})
        assert answer.status_code == 200
        assert b"could not be read" not in answer.content
        assert b'data-path="MSH-9"' in answer.content


def test_an_example_is_sent_in_the_demo_only(page: Client) -> None:
    address = f"/messages/examples/{EXAMPLES[0].key}/send/"
    assert page.post(address).status_code == 404


def test_a_freshened_example_differs_in_time_and_control_id_only() -> None:
    raw = EXAMPLES[0].raw
    fresh = freshened(raw, "NEW1", datetime(2026, 11, 23, 8, tzinfo=UTC))
    old, new = Message.parse(raw), Message.parse(fresh)
    assert (new.control_id, new.message_time) == ("NEW1", "20261123080000+0000")
    assert [one.text for one in new.segments[1:]] == [
        one.text for one in old.segments[1:]
    ]
