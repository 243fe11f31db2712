"""Merges and moves that name the wrong person change nothing (section 10)."""

from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.models import MergeJournal, Order, Patient, PatientIdentifier, Visit
from orders.services import undo_merge
from radflow.messaging.models import Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory
from tests.orders.test_merges import ADA, adt, mrg, order_for, owner, owner_of, pid

pytestmark = pytest.mark.django_db(transaction=True)

KARL = "Brandt^Karl||19300101|M"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT")
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def pv1(number: str) -> str:
    return f"PV1|1|I|||||||||||||||||{number}^^^GENHOSP"


def two_people() -> None:
    order_for("700123", "P1", visit="V1")
    order_for("700999", "P2", visit="V2", rest=KARL)


def undo() -> None:
    journal = MergeJournal.objects.get(undone_at=None)
    undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))


@pytest.mark.parametrize(("event", "new"), [("A42", "V1"), ("A50", "V9")])
def test_a_visit_of_somebody_else_is_neither_merged_nor_renumbered(
    event: str, new: str
) -> None:
    two_people()
    refused = adt(event, pid("700123"), mrg("700123", visit="V2"), pv1(new))
    assert refused == "PATIENT_MISMATCH"
    assert owner_of("P2") == owner("700999")
    assert Visit.objects.get(number="V2").patient == owner("700999")


@pytest.mark.parametrize("event", ["A41", "A49"])
def test_an_account_of_somebody_else_is_left_alone(event: str) -> None:
    order_for("700123", "P1")
    adt("A01", pid("700999", KARL, account="AC1"), pv1("V2"))
    wrong = adt(event, pid("700123", account="AC9"), mrg("700123", account="AC1"))
    assert wrong == "PATIENT_MISMATCH"
    assert Visit.objects.get(number="V2").account_number == "AC1"


def test_an_account_without_authority_is_the_one_that_pid_3_would_name() -> None:
    Peer.objects.update(default_authority="NORTH")
    order_for("700123", "P1")
    told = "|" * 10 + "AC1"
    adt("A01", pid("700123") + told, pv1("V2"))
    visit = Visit.objects.get()
    assert (visit.account_authority, visit.assigning_authority) == ("NORTH", "GENHOSP")
    south = pid("700123", account="AC9"), "MRG|||AC1^^^SOUTH"
    assert adt("A41", *south) == "applied"
    visit.refresh_from_db()
    assert visit.account_number == "AC1"
    assert adt("A41", pid("700123", account="AC9"), "MRG|||AC1") == "applied"
    visit.refresh_from_db()
    assert (visit.account_number, visit.account_authority) == ("AC9", "GENHOSP")


def test_an_order_joins_no_visit_of_another_authoritys_account() -> None:
    for number, authority in (("V1", "NORTH"), ("V2", "SOUTH")):
        told = "|" * 10 + f"AC1^^^{authority}"
        adt("A01", pid("700123") + told, pv1(number))
    deliver(order_message(pid=pid("700123") + "|" * 10 + "AC1^^^SOUTH"))
    joined = Order.objects.get().visit
    assert joined and joined.number == "V2"


def test_a_visit_moves_only_away_from_whom_the_message_names() -> None:
    two_people()
    order_for("700555", "P3")
    wrong = adt("A45", pid("700123"), mrg("700555", visit="V2"), pv1("V2"))
    assert wrong == "PATIENT_MISMATCH"
    assert owner_of("P2") == owner("700999")


def test_a_visit_does_not_move_onto_the_number_of_a_third_persons() -> None:
    two_people()
    order_for("700555", "P3", visit="V3")
    wrong = adt("A45", pid("700123"), mrg("700555", visit="V3"), pv1("V2"))
    assert wrong == "PATIENT_MISMATCH"
    assert owner_of("P3") == owner("700555")


def test_a_visit_that_moves_takes_its_new_number_and_gives_it_back() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2", visit="V2")
    assert adt("A45", pid("700123"), mrg("700999", visit="V2"), pv1("V7")) == "applied"
    moved = Visit.objects.get()
    assert (moved.number, moved.patient) == ("V7", owner("700123"))
    undo()
    moved.refresh_from_db()
    assert (moved.number, moved.patient) == ("V2", owner("700999"))


@pytest.mark.parametrize(
    ("event", "new", "prior", "more"),
    [
        ("A40", "700123", mrg("700999"), ()),
        ("A47", "700888", mrg("700123"), ()),
        ("A43", "700123", mrg("700999"), ()),
        ("A45", "700123", mrg("700999", visit="V2"), (pv1("V2"),)),
    ],
)
def test_the_person_named_must_be_the_one_on_file(
    event: str, new: str, prior: str, more: tuple[str, ...]
) -> None:
    order_for("700123", "P1")
    order_for("700999", "P2", visit="V2")
    assert adt(event, pid(new, KARL), prior, *more) == "PATIENT_MISMATCH"
    assert owner_of("P1") != owner_of("P2")
    assert not MergeJournal.objects.exists()


@pytest.mark.parametrize("called", ["Okafor^Ida", "Brandt^Karl"])
def test_what_the_retired_person_is_called_must_fit_too(called: str) -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    prior = mrg("700999") + f"||{called}"
    assert adt("A40", pid("700123"), prior) == "MERGE_DOUBTFUL"


def test_a_number_of_another_kind_is_not_taken_for_the_same() -> None:
    order_for("700123", "P1")
    assert adt("A40", pid("700123"), "MRG|700999^^^OTHER^MR") == "102"


def test_a_retired_number_without_type_is_of_the_survivors_type() -> None:
    for mrn in ("700123", "700999"):
        adt("A28", f"PID|1||{mrn}^^^GENHOSP^PI||{ADA}")
    merged = adt("A40", f"PID|1||700123^^^GENHOSP^PI||{ADA}", "MRG|700999^^^GENHOSP")
    assert merged == "applied"
    assert owner("700999") == owner("700123")


def test_a_known_and_an_unknown_number_are_retired_together() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    both = "MRG|700999^^^GENHOSP^MR~700998^^^GENHOSP^MR"
    assert adt("A40", pid("700123"), both) == "applied"
    assert owner("700998") == owner("700999") == owner("700123")


def test_a_national_number_stays_in_use_with_the_survivor() -> None:
    order_for("700123", "P1")
    adt("A28", f"PID|1||700999^^^GENHOSP^MR~99^^^NAT^NI||{ADA}")
    before = owner("99")
    adt("A40", pid("700123"), mrg("700999"))
    number = PatientIdentifier.objects.get(value="99")
    assert (number.patient, number.retired_at) == (owner("700123"), None)
    undo()
    assert owner("99") == before


def test_allergies_of_either_are_the_survivors_until_it_is_taken_back() -> None:
    order_for("700123", "P1")
    adt("A28", pid("700999"), "AL1|1|DA|^Iodine")
    adt("A40", pid("700123"), mrg("700999"))
    assert owner("700123").allergies == ["Iodine (drug)"]
    undo()
    assert owner("700123").allergies == []


def test_an_alias_that_is_taken_back_leads_nowhere() -> None:
    order_for("700123", "P1")
    adt("A40", pid("700123"), mrg("700999"))
    undo()
    assert order_for("700999", "P2").patient != owner("700123")


def test_a_number_changed_into_itself_or_again_changes_nothing() -> None:
    order_for("700123", "P1")
    assert adt("A47", pid("700123"), mrg("700123")) == "applied"
    assert adt("A47", pid("800123"), mrg("700123")) == "applied"
    assert adt("A47", pid("800123"), mrg("700123")) == "applied"
    assert PatientIdentifier.objects.get(preferred=True).value == "800123"
    assert MergeJournal.objects.count() == 1


def test_a_number_is_not_changed_back_into_a_retired_one() -> None:
    order_for("700123", "P1")
    adt("A47", pid("800123"), mrg("700123"))
    assert adt("A47", pid("700123"), mrg("800123")) == "205"
    assert PatientIdentifier.objects.get(preferred=True).value == "800123"


def test_an_unknown_number_that_changed_still_leads_to_the_new_one() -> None:
    assert adt("A47", pid("800123"), mrg("700123")) == "applied"
    assert order_for("700123", "P1").patient == owner("800123")
    assert Patient.objects.count() == 1


def test_a_changed_account_that_stood_for_the_visit_is_the_same_visit() -> None:
    person = pid("700123", account="ACC7") + "\rPV1|1|E|ED"
    deliver(order_message(pid=person))
    prior = mrg("700123", account="ACC7")
    assert adt("A49", pid("700123", account="ACC8"), prior) == "applied"
    adt("A03", pid("700123", account="ACC8"), "PV1|1|E|ED")
    visit = Visit.objects.get()
    assert (visit.number, visit.open) == ("ACC8", False)
    assert Order.objects.get().visit == visit
    assert last_inbound().state == "applied"


def test_a_birth_date_that_is_none_says_where_it_stands() -> None:
    born = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||14/05/1980|F"
    deliver(order_message(pid=born))
    row = last_inbound()
    assert (row.state, row.error_code, row.error_location) == (
        "parked",
        "102",
        "PID^1^7",
    )
