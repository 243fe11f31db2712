"""What the catalogue does to orders: it completes them, and keeps faulty ones away."""

from __future__ import annotations

import pytest

from orders.catalogue.mapping import map_code
from orders.catalogue.waiting import unknown_codes
from orders.cause import Cause
from orders.models import Order, Procedure, ProcedureAlias
from orders.requests import Code
from orders.selectors import known_procedure
from orders.services import hold
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.drain import drain
from radflow.messaging.models import Peer
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from worklist.models import ScheduledStep

pytestmark = pytest.mark.django_db(transaction=True)
START = "TQ1|1||||||20261124090000||R"


@pytest.fixture
def ehr(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def timed(code: str, *, control: str = "NW", number: int = 1, more: str = "") -> bytes:
    """An order of tomorrow morning by a code alone."""
    return (
        order_message(
            control=control,
            placer=f"P{number}",
            control_id=f"{control}{number}",
            version="2.5.1",
            pid=f"PID|1||70{number}^^^GENHOSP^MR||Okafor^Ada{number}||19800514|F",
            obr=code,
            more=more,
        ).rstrip(b"\r")
        + f"\r{START}\r".encode()
    )


def order(number: int = 1) -> Order:
    return Order.objects.get(placer_order_number=f"P{number}")


def side(code: str) -> str:
    """OBR-15 after OBR-4, with the site modifier."""
    return "|" * 11 + f"^^^^{code}"


def test_an_order_takes_modality_and_protocol_of_the_catalogue(ehr: Peer) -> None:
    StationFactory.create(modality="CT")
    ProcedureFactory.create(
        code="CTPA",
        duration_minutes=35,
        protocol_code="PE1",
        protocol_text="PE protocol",
        protocol_system="99RADFLOW",
    )
    deliver(timed("CTPA^CT pulmonary angiogram^99RADFLOW"))
    assert (order().modality, order().protocol_code) == ("CT", "PE1")
    assert ScheduledStep.objects.get().duration_minutes == 35


def test_without_its_side_an_order_stays_off_the_worklist_until_it_is_given(
    ehr: Peer,
) -> None:
    StationFactory.create(modality="DX")
    ProcedureFactory.create(code="KNEE", modality="DX", laterality="required")
    deliver(timed("KNEE^Knee^99RADFLOW"))
    assert (order().status, ScheduledStep.objects.count()) == ("ordered", 0)
    assert "needs a side" in order().needs_attention
    deliver(timed("KNEE^Knee^99RADFLOW", control="XO", more=side("LT")))
    assert (order().laterality, order().needs_attention) == ("LEFT", "")
    assert (order().status, ScheduledStep.objects.count()) == ("scheduled", 1)


def test_a_side_that_a_procedure_cannot_have_is_flagged_and_scheduled(
    ehr: Peer,
) -> None:
    StationFactory.create(modality="CT")
    ProcedureFactory.create(code="CTPA", laterality="none")
    deliver(timed("CTPA^CT^99RADFLOW", more=side("RT")))
    assert "has none" in order().needs_attention
    assert order().status == "scheduled"


def test_a_retired_procedure_is_not_found_for_new_orders(ehr: Peer) -> None:
    ProcedureFactory.create(code="CTPA", active=False)
    deliver(timed("CTPA^CT^99RADFLOW"))
    assert (order().modality, "unmapped" in order().needs_attention) == ("", True)


def test_a_senders_own_mapping_goes_before_all_others(ehr: Peer) -> None:
    own, general, ours = (
        ProcedureFactory.create(code=code) for code in ("OWN", "GENERAL", "X1")
    )
    asked = Code("X1", "", "LOCAL")
    assert known_procedure(asked, ehr) == ours
    ProcedureAlias.objects.create(code="X1", system="LOCAL", procedure=general)
    assert known_procedure(asked, ehr) == general
    ProcedureAlias.objects.create(peer=ehr, code="X1", system="LOCAL", procedure=own)
    assert known_procedure(asked, ehr) == own
    assert known_procedure(asked, PeerFactory.create()) == general


def ct() -> Procedure:
    return ProcedureFactory.create(
        code="CTPA", duration_minutes=30, protocol_code="PE1"
    )


def test_mapping_a_code_releases_all_that_wait_for_it(
    ehr: Peer, coordinator: User
) -> None:
    StationFactory.create(modality="CT")
    deliver(*(timed("LUNG^Lungs^LOCAL", number=n) for n in (1, 2, 3)))
    deliver(timed("OTHER^Other^LOCAL", number=4))
    found = {one.asked.code: one for one in unknown_codes()}
    assert (found["LUNG"].peer, found["LUNG"].orders) == (ehr, 3)
    done = map_code(
        peer=ehr, code="LUNG", system="LOCAL", procedure=ct(), user=coordinator
    )
    assert (done.orders, done.scheduled, done.messages) == (3, 3, 0)
    for one in map(order, (1, 2, 3)):
        assert (one.status, one.modality, one.protocol_code) == (
            "scheduled",
            "CT",
            "PE1",
        )
        assert (one.needs_attention, one.procedure_code) == ("", "LUNG")
        assert one.scheduled_start == one.requested_start
        assert one.events.filter(title__startswith="Code mapped").count() == 1
    assert {s.duration_minutes for s in ScheduledStep.objects.all()} == {30}
    assert order(4).status == "ordered"
    assert AuditEntry.objects.filter(action="code_mapped").count() == 1
    deliver(timed("LUNG^Lungs^LOCAL", number=5))
    assert order(5).status == "scheduled"


def test_a_held_order_is_mapped_and_stays_held(ehr: Peer, coordinator: User) -> None:
    deliver(timed("LUNG^Lungs^LOCAL"))
    hold(order_id=order().pk, by="person", cause=Cause(user=coordinator))
    map_code(peer=None, code="LUNG", system="LOCAL", procedure=ct(), user=coordinator)
    assert (order().status, order().modality) == ("on_hold", "CT")


def test_a_mapped_order_that_needs_a_side_still_waits_for_it(
    ehr: Peer, coordinator: User
) -> None:
    deliver(timed("LUNG^Lungs^LOCAL"))
    knee = ProcedureFactory.create(code="KNEE", laterality="required")
    map_code(peer=ehr, code="LUNG", system="LOCAL", procedure=knee, user=coordinator)
    assert (order().status, order().modality) == ("ordered", "CT")
    assert "needs a side" in order().needs_attention


def test_a_parked_message_that_says_rad_goes_on_with_its_code(
    db: None, coordinator: User
) -> None:
    peer = PeerFactory.create(
        sending_application="EHRX",
        sending_facility="GENHOSP",
        profile="ihe-231",
        mapping={"obr24": "hl70074"},
    )
    deliver(order_message(obr="LUNG^Lungs^LOCAL", more="|" * 20 + "RAD"))
    assert not Order.objects.exists()
    (found,) = unknown_codes()
    assert (found.asked.code, found.orders, len(found.messages)) == ("LUNG", 0, 1)
    done = map_code(
        peer=peer, code="LUNG", system="LOCAL", procedure=ct(), user=coordinator
    )
    assert done.messages == 1
    drain()
    assert order().modality == "CT"
