"""Merges, moves and changed numbers by ADT (standards.md section 10), and back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.lifecycle import Event
from orders.models import MergeJournal, Order, Patient, PatientIdentifier, PatientLink
from orders.requests import Identifier, PatientRequest
from orders.services import (
    clear_attention,
    merge_by_hand,
    merge_patients,
    record_event,
    register_patient,
    undo_merge,
)
from orders.services.unmerging import CannotUndo
from radflow.messaging.models import Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))
ADA = "Okafor^Ada||19800514|F"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT")
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def adt(event: str, *segments: str) -> str:
    """Send it; the error code it was parked or refused with, or its state."""
    head = (
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123090000+0000||ADT^{event}|"
        f"A{next(_ids)}|P|2.5.1"
    )
    evn = "EVN||20261123090000+0000"
    deliver("".join(f"{line}\r" for line in (head, evn, *segments)).encode())
    row = last_inbound()
    return row.error_code or row.state


def pid(mrn: str, rest: str = ADA, account: str = "") -> str:
    more = "|" * 10 + f"{account}^^^GENHOSP^AN" if account else ""
    return f"PID|1||{mrn}^^^GENHOSP^MR||{rest}{more}"


def mrg(mrn: str = "", account: str = "", visit: str = "") -> str:
    values = [mrn, "", account, "", visit]
    told = [f"{value}^^^GENHOSP" if value else "" for value in values]
    return "MRG|" + "|".join(told).replace("GENHOSP", "GENHOSP^MR", 1 if mrn else 0)


def order_for(mrn: str, placer: str, visit: str = "", rest: str = ADA) -> Order:
    person = pid(mrn, rest)
    if visit:
        person += f"\rPV1|1|I|W3||||||||||||||||{visit}^^^GENHOSP"
    deliver(order_message(placer=placer, control_id=f"O{next(_ids)}", pid=person))
    assert last_inbound().state == "applied", last_inbound().error_text
    return Order.objects.get(placer_order_number=placer)


def owner(mrn: str) -> Patient:
    return PatientIdentifier.objects.get(value=mrn).patient


def owner_of(placer: str) -> Patient:
    return Order.objects.get(placer_order_number=placer).patient


# A40 and its elders


@pytest.mark.parametrize("event", ["A40", "A18", "A34"])
def test_a_merge_moves_everything_and_keeps_the_old_number_as_alias(event: str) -> None:
    order_for("700123", "P1", visit="V1")
    order_for("700999", "P2", visit="V2")
    assert adt(event, pid("700123"), mrg("700999"), "PV1|1|I") == "applied"
    survivor = owner("700123")
    assert owner_of("P2") == owner("700999") == survivor
    assert {visit.number for visit in survivor.visits.all()} == {"V1", "V2"}
    alias = PatientIdentifier.objects.get(value="700999")
    assert alias.retired_at
    assert not alias.preferred
    assert Patient.objects.get(merged_into=survivor)
    assert last_inbound().order_ids == [Order.objects.get(placer_order_number="P2").pk]


def test_the_retired_number_leads_to_the_survivor_ever_after() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    adt("A40", pid("700123"), mrg("700999"))
    assert order_for("700999", "P3").patient == owner("700123")


def test_a_peer_may_refuse_the_retired_number() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    adt("A40", pid("700123"), mrg("700999"))
    Peer.objects.update(merged_id="reject")
    assert adt("A08", pid("700999")) == "204"
    deliver(order_message(placer="P3", control_id="O-R", pid=pid("700999")))
    assert last_inbound().error_code == "204"
    assert not Order.objects.filter(placer_order_number="P3").exists()


def test_an_order_with_a_retired_number_is_taken_and_says_so() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    adt("A40", pid("700123"), mrg("700999"))
    order = order_for("700999", "P3")
    assert any("merged identifier" in one for one in last_inbound().warnings)
    assert order.events.filter(title="Merged identifier used").exists()


def test_a_retired_number_with_another_person_is_no_news_of_the_survivor() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    adt("A40", pid("700123"), mrg("700999"))
    assert adt("A04", pid("700999", "Brandt^Karl||19300101|M")) == "PATIENT_MISMATCH"


def test_a_chain_of_merges_ends_at_the_last() -> None:
    for number, mrn in enumerate(("700001", "700002", "700003")):
        order_for(mrn, f"P{number}")
    assert adt("A40", pid("700002"), mrg("700001")) == "applied"
    assert adt("A40", pid("700003"), mrg("700002")) == "applied"
    assert owner("700001") == owner("700002") == owner("700003")
    assert {owner_of(f"P{n}") for n in range(3)} == {owner("700003")}


def test_a_reversed_pair_is_refused_and_changes_nothing() -> None:
    order_for("700001", "P1")
    order_for("700002", "P2")
    adt("A40", pid("700002"), mrg("700001"))
    assert adt("A40", pid("700001"), mrg("700002")) == "205"
    assert PatientIdentifier.objects.get(value="700002").retired_at is None


def test_the_same_merge_again_and_a_merge_with_oneself_change_nothing() -> None:
    order_for("700001", "P1")
    order_for("700002", "P2")
    adt("A40", pid("700002"), mrg("700001"))
    assert adt("A40", pid("700002"), mrg("700001")) == "applied"
    assert adt("A40", pid("700002"), mrg("700002")) == "applied"
    assert MergeJournal.objects.count() == 1


def test_an_unknown_retired_number_becomes_an_alias() -> None:
    order_for("700123", "P1")
    assert adt("A40", pid("700123"), mrg("700999")) == "applied"
    assert order_for("700999", "P2").patient == owner("700123")


def test_an_unknown_survivor_is_made_from_the_message() -> None:
    order_for("700999", "P1")
    assert adt("A40", pid("700123"), mrg("700999")) == "applied"
    assert owner_of("P1") == owner("700123")
    assert owner_of("P1").family_name == "Okafor"


def test_pairs_repeat_in_one_message() -> None:
    for number in range(4):
        order_for(f"70000{number}", f"P{number}")
    merged = adt(
        "A40",
        pid("700000"),
        mrg("700001"),
        pid("700002"),
        mrg("700003"),
    )
    assert merged == "applied"
    assert owner_of("P1") == owner("700000")
    assert owner_of("P3") == owner("700002")


def test_two_who_do_not_agree_wait_for_a_person() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2", rest="Brandt^Karl||19300101|M")
    assert adt("A40", pid("700123"), mrg("700999")) == "MERGE_DOUBTFUL"
    assert last_inbound().ack_code == "AA"
    assert owner_of("P2") != owner("700123")


def test_a_merge_while_the_exam_runs_is_told_at_the_station() -> None:
    order_for("700123", "P1")
    order = order_for("700999", "P2")
    for event in (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert adt("A40", pid("700123"), mrg("700999")) == "applied"
    order.refresh_from_db()
    assert order.status == "in_progress"
    assert "while the exam runs" in order.needs_attention


def test_a_merge_after_the_check_in_is_told_at_the_station() -> None:
    order_for("700123", "P1")
    order = order_for("700999", "P2")
    for event in (Event.BOOK, Event.ARRIVE):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert adt("A40", pid("700123"), mrg("700999")) == "applied"
    order.refresh_from_db()
    assert "after the check-in" in order.needs_attention


@pytest.mark.parametrize(
    ("event", "segment", "where"),
    [
        ("A40", mrg(), "MRG^1^1"),
        ("A41", mrg("1"), "MRG^1^3"),
        ("A45", mrg(), "MRG^1^5"),
    ],
)
def test_a_merge_that_does_not_say_what_is_refused(
    event: str, segment: str, where: str
) -> None:
    assert adt(event, pid("700123"), segment) == "101"
    assert (last_inbound().ack_code, last_inbound().error_location) == ("AE", where)


# Accounts, visits, identifiers


def test_accounts_are_merged() -> None:
    order_for("700123", "P1", visit="V1")
    adt("A01", pid("700123", account="AC1"), "PV1|1|I|||||||||||||||||V2^^^GENHOSP")
    assert adt("A41", pid("700123", account="AC9"), mrg(account="AC1")) == "applied"
    visit = owner("700123").visits.get(number="V2")
    assert visit.account_number == "AC9"


def test_visits_are_merged_with_their_orders() -> None:
    order = order_for("700123", "P1", visit="V1")
    order_for("700123", "P2", visit="V2")
    pv1 = "PV1|1|I|||||||||||||||||V2^^^GENHOSP"
    assert adt("A42", pid("700123"), mrg("700123", visit="V1"), pv1) == "applied"
    order.refresh_from_db()
    assert order.visit and order.visit.number == "V2"


def test_only_the_visit_that_moves_takes_its_orders_along() -> None:
    order_for("700999", "P1", visit="V1")
    order_for("700999", "P2", visit="V2")
    order_for("700123", "P3")
    pv1 = "PV1|1|I|||||||||||||||||V1^^^GENHOSP"
    assert adt("A45", pid("700123"), mrg("700999", visit="V1"), pv1) == "applied"
    assert (owner_of("P1"), owner_of("P2")) == (owner("700123"), owner("700999"))


def test_a_number_is_changed_and_the_old_one_still_leads_there() -> None:
    order_for("700123", "P1")
    assert adt("A47", pid("800123"), mrg("700123")) == "applied"
    assert owner("800123") == owner("700123") == owner_of("P1")
    assert PatientIdentifier.objects.get(value="800123").preferred


def test_a_number_is_not_changed_into_somebody_elses() -> None:
    order_for("700123", "P1")
    order_for("800123", "P2", rest="Brandt^Karl||19300101|M")
    assert adt("A47", pid("800123"), mrg("700123")) == "205"


def test_a_visit_number_is_changed() -> None:
    order = order_for("700123", "P1", visit="V1")
    pv1 = "PV1|1|I|||||||||||||||||V7^^^GENHOSP"
    assert adt("A50", pid("700123"), mrg("700123", visit="V1"), pv1) == "applied"
    order.refresh_from_db()
    assert order.visit and order.visit.number == "V7"


def test_an_identifier_moves_with_the_only_data_there_are() -> None:
    order_for("700999", "P1")
    order_for("700123", "P2")
    assert adt("A43", pid("700123"), mrg("700999")) == "applied"
    assert owner_of("P1") == owner("700999") == owner("700123")
    assert PatientIdentifier.objects.get(value="700999").retired_at is None


def test_records_are_linked_and_unlinked_without_merging() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2")
    assert adt("A24", pid("700123"), pid("700999")) == "applied"
    assert PatientLink.objects.filter(unlinked_at=None).count() == 1
    assert owner_of("P1") != owner_of("P2")
    assert adt("A37", pid("700999"), pid("700123")) == "applied"
    assert not PatientLink.objects.filter(unlinked_at=None).exists()


def test_links_follow_a_merge_and_go_back_with_it() -> None:
    for number, mrn in enumerate(("700001", "700002", "700003")):
        order_for(mrn, f"P{number}")
    first, second, third = (owner(f"70000{number}") for number in (1, 2, 3))
    adt("A24", pid("700001"), pid("700002"))
    adt("A40", pid("700003"), mrg("700002"))
    link = PatientLink.objects.get()
    assert (link.first, link.second) == (first, third)
    journal = MergeJournal.objects.get()
    undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))
    link.refresh_from_db()
    assert (link.first, link.second) == (first, second)


def test_a_link_is_ended_under_the_number_of_a_merged_person() -> None:
    for number, mrn in enumerate(("700001", "700002", "700003")):
        order_for(mrn, f"P{number}")
    adt("A24", pid("700001"), pid("700002"))
    adt("A40", pid("700003"), mrg("700002"))
    assert adt("A37", pid("700001"), pid("700002")) == "applied"
    assert not PatientLink.objects.filter(unlinked_at=None).exists()
    journal = MergeJournal.objects.get()
    undone = undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))
    assert undone.left == 1


def test_a_link_ends_where_its_two_are_merged_and_returns_with_them() -> None:
    order_for("700001", "P1")
    order_for("700002", "P2")
    adt("A24", pid("700001"), pid("700002"))
    adt("A40", pid("700001"), mrg("700002"))
    assert PatientLink.objects.get().unlinked_at
    journal = MergeJournal.objects.get()
    undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))
    assert PatientLink.objects.get().unlinked_at is None


@pytest.mark.parametrize("event", ["A24", "A37"])
def test_a_link_names_the_people_on_file(event: str) -> None:
    order_for("700001", "P1")
    order_for("700002", "P2")
    told = adt(event, pid("700001"), pid("700002", "Brandt^Karl||19300101|M"))
    assert told == "PATIENT_MISMATCH"
    assert not PatientLink.objects.exists()


# And back


def begun(order: Order) -> Order:
    for event in (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    order.refresh_from_db()
    return order


def seen_and_taken_back(order: Order) -> str:
    clear_attention(order_id=order.pk, note="Seen", cause=Cause(actor="test"))
    journal = MergeJournal.objects.get()
    undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))
    order.refresh_from_db()
    return order.needs_attention


def test_a_merge_taken_back_while_the_exam_runs_is_told_at_the_station() -> None:
    order_for("700123", "P1")
    order = begun(order_for("700999", "P2"))
    adt("A40", pid("700123"), mrg("700999"))
    assert "taken back while the exam runs" in seen_and_taken_back(order)


def test_a_merge_taken_back_after_the_report_asks_for_a_correction() -> None:
    order_for("700123", "P1")
    order = order_for("700999", "P2")
    Order.objects.filter(pk=order.pk).update(report_status="final")
    adt("A40", pid("700123"), mrg("700999"))
    assert "Send a correction" in seen_and_taken_back(order)


@pytest.mark.parametrize("event", ["A43", "A45"])
def test_a_move_of_an_exam_that_runs_is_not_called_a_merge(event: str) -> None:
    order_for("700123", "P1")
    order = begun(order_for("700999", "P2", visit="V1"))
    pv1 = ["PV1|1|I|||||||||||||||||V1^^^GENHOSP"] if event == "A45" else []
    prior = mrg("700999", visit="V1" if pv1 else "")
    assert adt(event, pid("700123"), prior, *pv1) == "applied"
    order.refresh_from_db()
    assert "moved to another patient while the exam runs" in order.needs_attention
    assert "former patient while the exam runs" in seen_and_taken_back(order)


def test_a_merge_is_taken_back_whole() -> None:
    order_for("700123", "P1", visit="V1")
    order_for("700999", "P2", visit="V2")
    before = owner_of("P2")
    adt("A40", pid("700123"), mrg("700999"))
    journal = MergeJournal.objects.get()
    undone = undo_merge(
        journal_id=journal.pk, reason="Wrong person", cause=Cause(actor="test")
    )
    assert undone.left == 0
    assert owner_of("P2") == owner("700999") == before
    back = PatientIdentifier.objects.get(value="700999")
    assert (back.retired_at, back.preferred) == (None, True)
    assert Patient.objects.get(pk=before.pk).merged_into is None
    assert {visit.number for visit in before.visits.all()} == {"V2"}
    with pytest.raises(CannotUndo):
        undo_merge(journal_id=journal.pk, reason="Again", cause=Cause(actor="test"))


def test_a_later_merge_is_taken_back_first() -> None:
    for number, mrn in enumerate(("700001", "700002", "700003")):
        order_for(mrn, f"P{number}")
    adt("A40", pid("700002"), mrg("700001"))
    adt("A40", pid("700003"), mrg("700002"))
    first, second = MergeJournal.objects.order_by("id")
    with pytest.raises(CannotUndo):
        undo_merge(journal_id=first.pk, reason="x", cause=Cause(actor="test"))
    for journal in (second, first):
        undo_merge(journal_id=journal.pk, reason="x", cause=Cause(actor="test"))
    assert len({owner_of(f"P{n}").pk for n in range(3)}) == 3


def test_what_moved_on_stays_where_it_went() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2", visit="V2")
    order_for("700555", "P3")
    adt("A40", pid("700123"), mrg("700999"))
    merge = MergeJournal.objects.get()
    pv1 = "PV1|1|I|||||||||||||||||V2^^^GENHOSP"
    adt("A45", pid("700555"), mrg("700123", visit="V2"), pv1)
    undone = undo_merge(journal_id=merge.pk, reason="x", cause=Cause(actor="test"))
    assert undone.left == 2
    assert owner_of("P2") == owner("700555")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_merges_taken_back_in_reverse_restore_everything(
    pairs: list[tuple[int, int]],
) -> None:
    stem = next(_ids)
    cause = Cause(actor="test")

    def person(number: int) -> PatientRequest:
        mrn = Identifier(f"H{stem}-{number}", "GENHOSP", "MR")
        return PatientRequest((mrn,), "Okafor", "Ada", birth_date_text="19800514")

    for number in range(5):
        register_patient(request=person(number), cause=cause)

    def assigned() -> dict[str, tuple[int, bool, bool]]:
        rows = PatientIdentifier.objects.filter(value__startswith=f"H{stem}-")
        return {
            row.value: (row.patient_id, row.retired_at is None, row.preferred)
            for row in rows
        }

    before, journals = assigned(), []
    for survivor, retired in pairs:
        try:
            journal = merge_patients(
                survivor=person(survivor),
                retired=person(retired).identifiers,
                cause=cause,
            )
        except OrderError:
            continue
        if journal:
            journals.append(journal)
    for journal in reversed(journals):
        undo_merge(journal_id=journal.pk, reason="x", cause=cause)
    assert assigned() == before


def test_a_person_merges_by_hand_only_once() -> None:
    order_for("700123", "P1")
    order_for("700999", "P2", rest="Brandt^Karl||19300101|M")
    winner, loser = owner("700123"), owner("700999")
    cause = Cause(actor="test")
    merge_by_hand(survivor_id=winner.pk, retired_id=loser.pk, cause=cause)
    assert owner_of("P2") == winner
    with pytest.raises(OrderError):
        merge_by_hand(survivor_id=winner.pk, retired_id=loser.pk, cause=cause)
