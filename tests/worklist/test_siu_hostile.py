"""Appointments that nobody should send, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from radflow.hl7.acks import Ack
from tests.door import deliver, last_inbound
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from tests.worklist.siu import PID, appointment, moment, ordered, say, siu
from worklist.models import ExternalAppointment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    StationFactory.create(ae_title="CT1_AE", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    PeerFactory.create(
        sending_application="SCHED", sending_facility="GENHOSP", books_appointments=True
    )


def answer(raw: bytes) -> Ack:
    (ack,) = deliver(raw)
    return ack


def without(name: str, raw: bytes) -> bytes:
    lines = raw.decode().split("\r")
    return "\r".join(one for one in lines if not one.startswith(name)).encode()


@pytest.mark.parametrize(
    ("raw", "location"),
    [
        (without("SCH", siu("S12", start=moment())), "SCH"),
        (siu("S12", start=moment(), placer=""), "SCH"),
        (siu("S12", start=moment(), placer="^SCHED", filler=" "), "SCH"),
        (siu("S12", start=moment(), pid="PID|1||||Okafor^Ada"), "PID"),
    ],
    ids=["no SCH", "no number", "blank number", "no patient ID"],
)
def test_what_cannot_be_kept_is_refused_at_the_door(raw: bytes, location: str) -> None:
    ack = answer(raw)
    assert ack.code == "AE"
    assert last_inbound().error_location.startswith(location)
    assert not ExternalAppointment.objects.exists()


@pytest.mark.parametrize(
    "times",
    [
        "TQ1|1||||||00010101000000",
        "TQ1|1||||||99991231235959",
        "TQ1|1||||||20261399990000",
        "TQ1|1||||||tomorrow at nine",
        "TQ1|1||||||20270115",
        "TQ1|1||||||2027",
        'TQ1|1||||||""',
        "",
    ],
)
def test_a_time_that_is_none_is_for_a_person(times: str) -> None:
    order = ordered()
    assert answer(siu("S12", times=times)).code == "AA"
    row = last_inbound()
    assert (row.state, row.error_code in ("101", "102")) == ("parked", True)
    assert row.error_text
    order.refresh_from_db()
    assert order.status == "ordered"


def test_an_odd_time_does_not_keep_an_appointment_from_ending() -> None:
    order = ordered()
    say("S12", start=moment())
    say("S15", times="TQ1|1||||||19991231235959", code="CTPA^CT|not a time")
    order.refresh_from_db()
    assert order.status == "ordered"


@pytest.mark.parametrize("minutes", [-5, 0, 10**9])
def test_a_duration_that_is_none_is_left_out(minutes: int) -> None:
    order = ordered()
    start = moment()
    raw = siu("S12", start=start, minutes=20).decode()
    raw = raw.replace("|20|min|", f"|{minutes}|min|")
    lines = [
        f"{one.rpartition('|')[0]}|19000101" if one.startswith("TQ1") else one
        for one in raw.split("\r")
    ]
    answer("\r".join(lines).encode())
    order.refresh_from_db()
    assert (order.status, order.scheduled_start) == ("scheduled", start)
    assert any("left out" in warning for warning in last_inbound().warnings)


def test_a_hundred_services_are_read_and_the_rest_is_said_to_be_left_out() -> None:
    order = ordered()
    many = "\r".join(f"AIS|{n}|A|X{n}^Thing" for n in range(2, 101))
    row = say("S12", start=moment(), more=many)
    order.refresh_from_db()
    assert order.status == "scheduled"
    assert len(appointment().said["services"]) == 50
    assert any("left out" in warning for warning in row.warnings)


def test_several_patients_in_one_appointment_are_for_a_person() -> None:
    ordered()
    row = say("S12", start=moment(), more=PID.replace("700123", "700124"))
    assert (row.state, row.error_code) == ("parked", "100")


def test_ids_too_long_to_keep_are_never_cut() -> None:
    ordered()
    row = say("S12", start=moment(), placer=f"{'9' * 300}^SCHED")
    assert (row.state, row.error_code) == ("parked", "102")


def test_an_appointment_of_long_ago_is_kept_as_it_is() -> None:
    order = ordered()
    say("S12", start=moment(hours=-24 * 30))
    order.refresh_from_db()
    assert order.scheduled_start is not None
    assert order.scheduled_start < moment() - timedelta(days=20)


def test_a_time_without_a_patient_is_kept_and_is_nobodys_task() -> None:
    say("S12", start=moment(), pid="", order="", code="")
    assert appointment().patient is None
    from worklist.selectors.external import to_look_at

    assert not to_look_at().exists()


def test_a_deleted_appointment_is_not_revived() -> None:
    order = ordered()
    say("S12", start=moment())
    say("S17")
    row = say("S12", start=moment())
    assert (row.state, row.error_code) == ("parked", "APPT_STATE")
    order.refresh_from_db()
    assert order.status == "ordered"


def test_a_refusal_holds_nobody_back() -> None:
    ordered()
    say("S12", start=moment())
    say("S17")
    say("S13", start=moment())
    assert not last_inbound().holds
