"""Each key of a sender's mapping is used, and only where its profile is overruled."""

from __future__ import annotations

from typing import Any

import pytest

from orders.models import Order
from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import KEYS
from radflow.messaging.parking import read
from radflow.messaging.routes import Inbound, handler_for
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

ZRQ = "ZRQ|V1|V2|1.2.840.99.7|MR|P^Proto^L|X^Exam^L|20261124070000+0000|S|AE9|CT9|BAY"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def obr(**fields: str) -> str:
    """OBR-5 and on, by number: `obr(_18="ACC1")`."""
    values = {int(name.lstrip("_")): value for name, value in fields.items()}
    return "".join(f"|{values.get(n, '')}" for n in range(5, 50)).rstrip("|")


def described(mapping: dict[str, Any], raw: bytes, profile: str = "seed") -> Any:
    """What the message is read as with this mapping, by label."""
    Peer.objects.update(mapping=mapping, profile=profile)
    deliver(raw)
    describe = handler_for("ORM^O01").describe
    assert describe is not None
    inbound: Inbound = read(last_inbound())
    return describe(inbound)


@pytest.mark.parametrize(
    ("key", "path", "value"),
    [
        ("accession", "ZRQ-1.1", "V1"),
        ("requested_procedure_id", "OBR-4.1", "CTPA"),
        ("step_id", "ZRQ-2", "V2"),
        ("study_uid", "ZRQ-3.1", "1.2.840.99.7"),
        ("modality", "ZRQ-4.1", "MR"),
        ("protocol", "ZRQ-5.1", "P · Proto · L"),
        ("procedure", "ZRQ-6.1", "X · Exam · L"),
        ("start", "ZRQ-7.1", "2026-11-24 07:00:00 UTC"),
        ("priority", "ZRQ-8.1", "S"),
        ("station_ae", "ZRQ-9.1", "AE9"),
        ("station_name", "ZRQ-10.1", "CT9"),
        ("location", "PV1-3.1", "WARD"),
    ],
)
def test_each_key_is_read_where_the_mapping_says(
    key: str, path: str, value: str
) -> None:
    raw = order_message() + f"{ZRQ}\r".encode()
    raw = raw.replace(b"\rORC|", b"\rPV1|1|O|WARD^1\rORC|")
    assert described({key: [path]}, raw)[KEYS[key]] == value


def test_the_first_path_with_a_value_wins() -> None:
    raw = order_message(more=obr(_18="A18", _19="A19"))
    mapping = {"accession": ["OBR-20.1", "OBR-19.1", "OBR-18.1"]}
    assert described(mapping, raw)["Accession number"] == "A19"


def test_what_the_mapping_does_not_name_stays_with_the_profile() -> None:
    raw = order_message(more=obr(_18="A18", _19="RP19", _20="S20"))
    values = described({"accession": ["OBR-20.1"]}, raw, profile="ihe-231")
    assert values["Accession number"] == "S20"
    assert values["Requested procedure ID"] == "RP19"


@pytest.mark.parametrize(
    ("told", "modality"),
    [
        ("NMR", "MR"),
        ("RUS", "US"),
        ("OUS", "US"),
        ("VUS", "US"),
        ("CUS", "US"),
        ("NMS", "NM"),
        ("RX", "DX"),
        ("XRC", "RF"),
        ("CT", "CT"),
        ("PT", ""),
        ("SR", ""),
        ("MR", ""),
    ],
)
def test_a_sender_of_table_0074_means_physical_therapy_by_pt(
    told: str, modality: str
) -> None:
    raw = order_message(more=obr(_24=told))
    assert described({"obr24": "hl70074"}, raw)["Modality"] == modality


def test_rad_of_table_0074_is_parked_without_a_catalogue() -> None:
    Peer.objects.update(mapping={"obr24": "hl70074"})
    deliver(order_message(more=obr(_24="RAD")))
    parked = last_inbound()
    assert (parked.state, parked.error_code) == ("parked", "103")
    assert parked.error_location == "OBR^1^24"


def test_rad_of_table_0074_takes_the_modality_of_the_catalogue() -> None:
    ProcedureFactory.create(code="CTPA", system="99RADFLOW", modality="CT")
    Peer.objects.update(mapping={"obr24": "hl70074"})
    deliver(order_message(more=obr(_24="RAD")))
    assert Order.objects.get().modality == "CT"


def test_each_order_of_a_message_is_described_apart() -> None:
    raw = order_message(more=obr(_18="A1")) + (
        b"ORC|NW|P2^EHRX\rOBR|2|P2^EHRX||MRB^Brain^99RADFLOW" + obr(_18="A2").encode()
    )
    values = described({}, raw)
    assert values["Accession number (order 1)"] == "A1"
    assert values["Accession number (order 2)"] == "A2"
    assert values["Patient name"] == "Okafor Ada"


def test_a_person_is_described_too() -> None:
    deliver(order_message(kind="ADT^A04", orc="").split(b"ORC|")[0] + b"PV1|1|O|W\r")
    describe = handler_for("ADT^A04").describe
    assert describe is not None
    assert describe(read(last_inbound()))["Patient sex"] == "F"
