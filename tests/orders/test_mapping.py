"""Where each profile finds what it needs (standards.md 3.3), through the door."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orders.models import Order
from radflow.messaging.models import InboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

UID = "1.2.840.99.{}"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def obr(**fields: str) -> str:
    """OBR-5 and on, by number: `obr(_18="ACC1")`."""
    values = {int(name.lstrip("_")): value for name, value in fields.items()}
    return "".join(f"|{values.get(n, '')}" for n in range(5, 50)).rstrip("|")


def placed(profile: str, segments: str = "", **message: str) -> Order:
    """The one order that this message makes with the sender's profile."""
    Peer.objects.update(profile=profile)
    raw = (
        order_message(**message) + "".join(f"{s}\r" for s in segments.split()).encode()
    )
    (ack,) = deliver(raw)
    assert (ack.code, last_inbound().state) == ("AA", "applied")
    return Order.objects.get()


IPC = "IPC|ACCI|RPI|1.2.840.99.3|SPSI|MR|PROTI^Brain^L|MR1|BAY2|MR1_AE"
ZDS = "ZDS|1.2.840.99.1^EHRX^Application^DICOM"
FULL = obr(_18="ACC18", _19="RP19", _20="SPS20", _24="CT", _44="RP44^Forty-four^L")


@pytest.mark.parametrize(
    ("profile", "version", "segments", "expected"),
    [
        ("seed", "2.5.1", ZDS, ("ACC18", "RP19", UID.format(1), "CT", "CTPA")),
        ("ihe-231", "2.3.1", ZDS, ("ACC18", "RP19", UID.format(1), "CT", "RP44")),
        ("ihe-251", "2.5.1", IPC, ("ACCI", "RPI", UID.format(3), "MR", "RP44")),
        ("auto", "2.5.1", IPC, ("ACCI", "RPI", UID.format(3), "MR", "RP44")),
        ("auto", "2.5.1", ZDS, ("ACC18", "RP19", UID.format(1), "CT", "CTPA")),
        ("auto", "2.3.1", ZDS, ("ACC18", "RP19", UID.format(1), "CT", "RP44")),
    ],
)
def test_each_profile_reads_its_own_fields(
    profile: str, version: str, segments: str, expected: tuple[str, ...]
) -> None:
    order = placed(profile, segments, version=version, more=FULL)
    assert expected == (
        order.accession_number,
        order.requested_procedure_id,
        order.study_instance_uid,
        order.modality,
        order.procedure_code,
    )


def test_ihe_251_falls_back_on_the_order_where_ipc_is_silent() -> None:
    order = placed("ihe-251", "IPC|||||||| ZDS|1.2.840.99.1", more=FULL)
    assert order.accession_number == "ACC18"
    assert order.study_instance_uid == UID.format(1)
    assert order.modality == "CT"


def test_seed_takes_the_accession_from_the_filler_number() -> None:
    raw = order_message(more=FULL).replace(b"OBR|1|P1^EHRX||", b"OBR|1|P1^EHRX|ACC3|")
    Peer.objects.update(profile="seed")
    deliver(raw)
    assert Order.objects.get().accession_number == "ACC3"


@pytest.mark.parametrize(
    ("profile", "code", "protocol"),
    [
        ("seed", "CTPA^CT PA^L^PE2^PE low dose^L2", ("PE2", "PE low dose", "L2")),
        ("seed", "CTPA^CT PA^L", ("CTPA", "CT PA", "L")),
        ("ihe-231", "CTPA^CT PA^L^PE2^PE low dose^L2", ("PE2", "PE low dose", "L2")),
        ("ihe-231", "CTPA^CT PA^L", ("", "", "")),
    ],
)
def test_protocol_of_the_profile(
    profile: str, code: str, protocol: tuple[str, str, str]
) -> None:
    order = placed(profile, version="2.3.1", obr=code)
    told = (order.protocol_code, order.protocol_text, order.protocol_system)
    assert told == protocol


@pytest.mark.parametrize(
    ("told", "modality"),
    [
        ("CT", "CT"),
        ("mr", "MR"),
        ("NMR", "MR"),
        ("RUS", "US"),
        ("OUS", "US"),
        ("VUS", "US"),
        ("CUS", "US"),
        ("NMS", "NM"),
        ("RX", "DX"),
        ("XRC", "RF"),
        ("RAD", ""),
        ("SR", ""),
        ("XYZ", ""),
    ],
)
def test_table_0074_becomes_a_dicom_term(told: str, modality: str) -> None:
    order = placed("ihe-231", more=obr(_24=told))
    assert order.modality == modality
    assert bool(order.needs_attention) is (modality == "")


def test_modality_of_the_catalogue_where_the_order_names_none() -> None:
    ProcedureFactory.create(code="CTPA", system="99RADFLOW", modality="CT")
    order = placed("ihe-231", more=obr(_24="RAD"))
    assert (order.modality, order.needs_attention) == ("CT", "")


TQ1 = "TQ1|1||||||20261124070000+0000||S"


@pytest.mark.parametrize(
    ("segments", "orc7", "more", "hour", "priority"),
    [
        (TQ1, "20261124080000+0000^^A", FULL, 7, "S"),
        ("", "20261124080000+0000^^A", "", 8, "A"),
        ("", "", obr(_5="P", _27="^^^20261124090000+0000^^T"), 9, "T"),
        ("", "", obr(_5="P", _36="20261124100000+0000"), 10, "P"),
        ("TQ1|1||||||||", "20261124080000+0000^^A", "", 8, "A"),
        ('TQ1|1||||||""||""', "20261124080000+0000^^A", "", 8, "A"),
    ],
)
def test_start_and_priority_by_precedence(
    segments: str, orc7: str, more: str, hour: int, priority: str
) -> None:
    orc = f"|||||^^^{orc7}" if orc7 else ""
    orc = orc.replace("+0000^^", "+0000^^") if orc else ""
    order = placed("auto", segments, orc=orc, more=more)
    assert order.requested_start == datetime(2026, 11, 24, hour, tzinfo=UTC)
    assert order.priority == priority


def test_a_day_without_an_hour_is_a_wish_and_no_slot() -> None:
    order = placed("auto", orc="|||||^^^20261124", more=obr(_24="CT"))
    assert order.requested_start == datetime(2026, 11, 24, tzinfo=UTC)
    assert (order.status, order.scheduled_start) == ("ordered", None)


def test_times_without_offset_are_in_the_senders_zone(hospital: Peer) -> None:
    hospital.time_zone = "Europe/Berlin"
    hospital.save()
    order = placed("auto", orc="|||||^^^20261124080000")
    assert order.requested_start == datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("obx", "weight", "height"),
    [
        ("OBX|1|NM|29463-7^Body_weight^LN||68.5|kg", "68.50", None),
        ("OBX|1|NM|29463-7^Body_weight^LN||3200|g", "3.20", None),
        ("OBX|1|NM|29463-7^Body_weight^LN||150|[lb_av]", "68.04", None),
        ("OBX|1|NM|8302-2^Body_height^LN||171|cm", None, "1.71"),
        ("OBX|1|NM|8302-2^Body_height^LN||70|[in_i]", None, "1.78"),
        ("OBX|1|NM|29463-7^^LN||68.5|stone", None, None),
        ("OBX|1|NM|29463-7^^LN||heavy|kg", None, None),
        ("OBX|1|NM|29463-7^^LN||NaN|kg", None, None),
        ("OBX|1|NM|29463-7^^LN||6850|kg", None, None),
        ('OBX|1|NM|29463-7^^LN||""|kg', None, None),
    ],
)
def test_body_measures_in_dicoms_units_or_not_at_all(
    obx: str, weight: str | None, height: str | None
) -> None:
    order = placed("auto", obx)
    order.refresh_from_db()
    assert order.weight_kg == (Decimal(weight) if weight else None)
    assert order.height_m == (Decimal(height) if height else None)


@pytest.mark.parametrize(
    ("more", "side"),
    [
        (obr(_15="^^^LT"), "LEFT"),
        (obr(_15="^^^^RT"), "RIGHT"),
        (obr(_45="50^Bilateral"), "BOTH"),
        (obr(_15="^^^thumb"), ""),
    ],
)
def test_laterality(more: str, side: str) -> None:
    assert placed("auto", more=more).laterality == side


@pytest.mark.parametrize(
    ("more", "segments", "reason"),
    [
        (obr(_31="R07.4^Chest pain^I10"), "", ("R07.4", "Chest pain", "I10")),
        (obr(_31="^Chest pain"), "", ("", "Chest pain", "")),
        ("", "DG1|1||I26.9^Embolism^I10", ("I26.9", "Embolism", "I10")),
        (obr(_31='""'), "DG1|1||I26.9^Embolism^I10", ("I26.9", "Embolism", "I10")),
    ],
)
def test_reason_of_the_order_else_of_the_diagnosis(
    more: str, segments: str, reason: tuple[str, str, str]
) -> None:
    order = placed("auto", segments, more=more)
    assert (order.reason_code, order.reason, order.reason_system) == reason


def test_provider_of_the_orc_else_of_the_obr() -> None:
    order = placed("auto", more=obr(_16="77^Nakamura^Aya^^^Dr"))
    assert order.ordering_provider["family"] == "Nakamura"
    assert order.provider_name == "Dr Aya Nakamura"


def test_notes_of_the_order_become_its_comments() -> None:
    order = placed("auto", "NTE|1|L|first NTE|2|L|second")
    assert order.comments == "first\nsecond"


def test_null_is_nothing_said_and_never_two_quotes() -> None:
    null = obr(**{f"_{n}": '""' for n in (5, 12, 13, 15, 16, 17, 19, 24, 30, 31, 45)})
    order = placed("auto", more=null, orc='||||||||""|""|""|""||""|||""')
    said = [value for value in vars(order).values() if isinstance(value, str)]
    assert not [value for value in said if '""' in value]
    assert order.ordering_provider == {}


def test_each_order_of_a_message_stands_alone() -> None:
    second = b"ORC|NW|P2^EHRX\rOBR|2|P2^EHRX||CTHEAD^CT head^L\r"
    deliver(order_message() + second)
    assert Order.objects.count() == 2
    assert len(last_inbound().order_ids) == 2
    bad = b"ORC|HD|NOSUCH^EHRX\rOBR|2|NOSUCH^EHRX||CTHEAD^CT head^L\r"
    deliver(order_message(control_id="C2", placer="P3") + bad)
    message = last_inbound()
    assert (message.state, message.error_code) == ("parked", "UNKNOWN_ORDER")
    assert "1 of 2 orders not applied" in message.error_text
    assert Order.objects.count() == 3


def test_a_sender_that_hears_one_result_for_all_has_all_or_none() -> None:
    Peer.objects.update(reply_at="result", result_seconds=10)
    bad = b"ORC|HD|NOSUCH^EHRX\rOBR|2|NOSUCH^EHRX||CTHEAD^CT head^L\r"
    deliver(order_message(placer="P3") + bad)
    message = last_inbound()
    assert (message.state, message.error_code) == ("parked", "UNKNOWN_ORDER")
    assert not Order.objects.exists()


def test_one_orc_before_several_obr_makes_an_order_of_each() -> None:
    for_all = order_message(more=obr(_18="ACC18")) + (
        b"OBR|2|P1^EHRX||CTHEAD^CT head^L||||||||||||||ACC18\r"
    )
    deliver(for_all)
    assert last_inbound().state == "applied"
    orders = list(Order.objects.order_by("id"))
    assert [o.procedure_code for o in orders] == ["CTPA", "CTHEAD"]
    assert {o.accession_number for o in orders} == {"ACC18"}
    assert len({o.requested_procedure_id for o in orders}) == 2
    assert len({o.filler_order_number for o in orders}) == 2
    assert len({o.study_instance_uid for o in orders}) == 2


def test_steps_of_one_procedure_are_one_order() -> None:
    step = order_message(version="2.3.1", more=obr(_18="A1", _19="R1", _20="S1"))
    again = step.split(b"\r", 2)[2].replace(b"|S1", b"|S2")
    deliver(step + again + b"ZDS|1.2.840.99.7\r")
    order = Order.objects.get()
    assert order.study_instance_uid == UID.format(7)
    assert InboundMessage.objects.get().warnings


def test_steps_whose_ids_differ_only_by_an_empty_one_are_told_apart() -> None:
    two = order_message(more=obr(_18="A1", _19="R1"))
    deliver(two + b"ORC|NW|P1^EHRX\rOBR|2|P1^EHRX||CTHEAD" + obr(_18="A1").encode())
    assert Order.objects.count() == 2
