"""People who are easily taken for one another: kept apart, and proposed."""

from __future__ import annotations

import random

import pytest

from orders.models import DuplicateCandidate, Order, Patient, PatientIdentifier
from orders.services.duplicates import BORN, NUMBER, SAME, SOUND, swaps
from radflow.messaging.models import InboundMessage
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

TWINS = 1_000
_ids = iter(range(1, 1_000_000))


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def register(
    mrn: str, name: str = "Halvorsen^Ingrid", born: str = "19710312"
) -> Patient:
    head = (
        "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123090000+0000||ADT^A28|"
        f"A{next(_ids)}|P|2.5.1"
    )
    pid = f"PID|1||{mrn}^^^GENHOSP^MR||{name}||{born}|F"
    evn = "EVN||20261123090000+0000"
    deliver(f"{head}\r{evn}\r{pid}\rPV1|1|N\r".encode())
    assert last_inbound().state == "applied", last_inbound().error_text
    return PatientIdentifier.objects.get(value=mrn).patient


def reasons() -> list[str]:
    return [why for one in DuplicateCandidate.objects.all() for why in one.reasons]


def test_a_thousand_near_twins_are_never_confused() -> None:
    """One name, one birth date, and numbers that differ by swapped digits."""
    numbers = sorted(
        {"".join(random.Random(seed).sample("1234567", 7)) for seed in range(5_000)}
    )[:TWINS]
    assert len(numbers) == TWINS
    messages = [
        order_message(
            control_id=f"N{number}",
            placer=f"P{number}",
            pid=f"PID|1||{number}^^^GENHOSP^MR||Okafor^Ada||19800514|F",
        )
        for number in numbers
    ]
    random.Random(7).shuffle(messages)
    deliver(*messages)
    assert not InboundMessage.objects.exclude(state="applied").exists()
    assert Patient.objects.count() == TWINS
    owners = dict(
        PatientIdentifier.objects.values_list("value", "patient_id").order_by("value")
    )
    filed = Order.objects.values_list("placer_order_number", "patient_id")
    misfiled = [number for number, owner in filed if owners[number[1:]] != owner]
    assert misfiled == []


def test_the_same_name_and_birth_date_is_proposed_and_not_merged() -> None:
    one, other = register("700123"), register("900456")
    pair = DuplicateCandidate.objects.get()
    assert (pair.first, pair.second, pair.reasons) == (one, other, [SAME])
    assert one.merged_into is None


def test_names_that_sound_alike_are_proposed() -> None:
    register("700123", "Halvorsen^Ingrid")
    register("900456", "Halversen^Ingrid")
    assert reasons() == [SOUND]


@pytest.mark.parametrize("born", ["19710321", "19711203", "19170312"])
def test_a_birth_date_with_swapped_digits_is_proposed(born: str) -> None:
    register("700123")
    register("900456", born=born)
    assert reasons() == [BORN]


def test_a_number_with_swapped_digits_is_proposed() -> None:
    register("700123", "Halvorsen^Ingrid")
    register("700132", "Halvorsen^Inger Marie")
    assert reasons() == [NUMBER]


def test_who_shares_only_a_name_is_not_proposed() -> None:
    register("700123")
    register("900456", born="19990101")
    assert reasons() == []


def test_placeholders_are_not_proposed() -> None:
    register("700123", "Unknown^Unknown")
    register("900456", "Unknown^Unknown")
    assert reasons() == []


def test_a_pair_that_a_person_kept_apart_is_not_proposed_again() -> None:
    register("700123")
    register("900456")
    DuplicateCandidate.objects.update(state="dismissed")
    register("900456", "Halvorsen^Ingrid^Marie")
    assert DuplicateCandidate.objects.get().state == "dismissed"


def test_each_swap_of_neighbouring_digits_is_tried_once() -> None:
    assert list(swaps("1123a4")) == ["1213a4", "1132a4"]
