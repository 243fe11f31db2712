"""Visits and people by ADT (standards.md section 3.4), in and out of order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.cause import Cause
from orders.hl7.adt import UNKNOWN
from orders.lifecycle import Event
from orders.models import (
    AssigningAuthority,
    AuthorityAlias,
    DuplicateCandidate,
    Order,
    Patient,
    PatientIdentifier,
    Pregnancy,
    Provenance,
    Visit,
)
from orders.services import record_event
from radflow.messaging.models import Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from worklist.services import book_step

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT")
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def adt(
    event: str,
    *,
    at: str = "0900",
    pid: str = "700123^^^GENHOSP^MR||Okafor^Ada||19800514|F",
    pv1: str = "I|W3^12^A||||||||||||||||V1^^^GENHOSP",
    more: str = "",
) -> str:
    """`at` is the hour and minute of EVN-2; no PV1 where `pv1` is empty."""
    lines = [
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123120000+0000||ADT^{event}|"
        f"A{next(_ids)}|P|2.5.1",
        f"EVN||20261101{at}00+0000",
        f"PID|1||{pid}",
        f"PV1|1|{pv1}" if pv1 else "",
        more,
    ]
    deliver("".join(f"{line}\r" for line in lines if line).encode())
    return last_inbound().error_code or last_inbound().state


def visit() -> Visit:
    return Visit.objects.get(number="V1")


def place_location(text: str) -> str:
    return f"I|{text}||||||||||||||||V1^^^GENHOSP"


PERSON = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"


def ordered() -> Order:
    person = f"{PERSON}\rPV1|1|I|W3||||||||||||||||V1^^^GENHOSP"
    deliver(order_message(pid=person, control_id=f"O{next(_ids)}"))
    return Order.objects.latest("id")


def test_a_visit_opens_moves_and_closes() -> None:
    assert adt("A01") == "applied"
    assert (visit().open, visit().location, visit().patient_class) == (
        True,
        "W3 12 A",
        "I",
    )
    adt("A02", at="0910", pv1=place_location("ICU^1^B"))
    assert (visit().location, visit().prior_location) == ("ICU 1 B", "W3 12 A")
    adt("A12", at="0920", pv1=place_location(""))
    assert (visit().location, visit().prior_location) == ("W3 12 A", "")
    adt("A03", at="0930")
    assert (visit().open, bool(visit().closed_at)) == (False, True)
    adt("A13", at="0940")
    assert (visit().open, visit().closed_at) == (True, None)


NULL = '""'


def attended(location: str, doctor: str, status: str) -> str:
    to_eight = f"I|{location}|||{location}|{doctor}|{doctor}"
    return f"{to_eight}|||||||{status}||||V1^^^GENHOSP"


def test_null_deletes_what_is_known_of_a_visit() -> None:
    adt("A01", pv1=attended("W3", "7^Bello^Ngozi", "A2"))
    names = ("location", "prior_location", "attending", "referring")
    told = Visit.objects.values_list(*names, "ambulatory_status")
    known = ("W3", "W3", "Bello^Ngozi", "Bello^Ngozi", "A2")
    assert told.get() == known
    adt("A08", at="0910", pv1=attended("", "", ""))
    assert told.get() == known
    adt("A08", at="0920", pv1=attended(NULL, NULL, NULL))
    assert set(told.get()) == {""}


def test_an_order_deletes_nothing_of_a_visit() -> None:
    adt("A01")
    person = f"{PERSON}\rPV1|1|{attended(NULL, NULL, NULL)}"
    deliver(order_message(pid=person, control_id="N1"))
    assert visit().location == "W3 12 A"


@pytest.mark.parametrize(
    ("event", "word"), [("A03", "discharged"), ("A11", "admission")]
)
def test_open_exams_of_a_visit_that_ends_stay_and_are_flagged(
    event: str, word: str
) -> None:
    adt("A01")
    order = ordered()
    assert adt(event, at="0930") == "applied"
    order.refresh_from_db()
    assert order.status == "ordered"
    assert word in order.needs_attention


def test_late_news_of_a_visit_changes_nothing_and_says_so() -> None:
    adt("A01", at="0900")
    adt("A02", at="1000", pv1=place_location("ICU"))
    adt("A02", at="0930", pv1=place_location("CCU"))
    assert visit().location == "ICU"
    assert "Late, not applied: visit" in last_inbound().warnings


def test_late_news_of_a_person_changes_nothing_and_says_so() -> None:
    adt("A08", at="1000", pid="700123^^^GENHOSP^MR||Okafor^Adaeze||19800514|F", pv1="")
    adt("A08", at="0930", pid="700123^^^GENHOSP^MR||Okafor^Ad||19800514|F", pv1="")
    assert Patient.objects.get().given_name == "Adaeze"
    assert "Late, not applied: patient" in last_inbound().warnings


def test_an_update_without_pv1_is_of_the_person_alone() -> None:
    adt("A01")
    adt("A08", at="0930", pv1="", pid="700123^^^GENHOSP^MR||Okafor^Ada^B||19800514|F")
    assert Patient.objects.get().middle_name == "B"
    assert visit().location == "W3 12 A"


def test_an_update_of_somebody_unknown_makes_the_patient_and_warns() -> None:
    assert adt("A08", pv1="") == "applied"
    assert Patient.objects.get().family_name == "Okafor"
    assert UNKNOWN in last_inbound().warnings
    adt("A08", at="0910", pv1="")
    assert UNKNOWN not in last_inbound().warnings


def test_a_registration_of_somebody_unknown_warns_of_nothing() -> None:
    adt("A04")
    assert UNKNOWN not in last_inbound().warnings


def test_orders_fill_a_visit_and_never_overwrite_it() -> None:
    adt("A01")
    ordered()
    assert visit().location == "W3 12 A"


def test_an_order_without_pv1_joins_the_only_open_visit() -> None:
    adt("A01")
    deliver(order_message(control_id="N1"))
    assert Order.objects.get().visit == visit()


def test_an_order_without_pv1_guesses_no_visit_among_two() -> None:
    adt("A01")
    adt("A01", pv1="I|W4||||||||||||||||V2^^^GENHOSP")
    deliver(order_message(control_id="N1"))
    assert Order.objects.get().visit is None


def test_a_changed_name_after_check_in_alarms_the_gate() -> None:
    order = ordered()
    for event in (Event.BOOK, Event.ARRIVE):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    adt("A08", pid="700123^^^GENHOSP^MR||Okafor^Adaeze||19800514|F", pv1="")
    order.refresh_from_db()
    assert "after check-in" in order.needs_attention


def test_a_namespace_its_oid_and_its_alias_are_one_authority() -> None:
    ours = AssigningAuthority.objects.create(name="GENHOSP", universal_id="1.2.3.4")
    AuthorityAlias.objects.create(alias="GH", authority=ours)
    for authority in ("GENHOSP", "&1.2.3.4&ISO", "GH", "GENHOSP&1.2.3.4&ISO"):
        adt("A08", pid=f"700123^^^{authority}^MR||Okafor^Ada||19800514|F", pv1="")
    assert Patient.objects.count() == 1
    assert PatientIdentifier.objects.get().assigning_authority == "GENHOSP"


def alias(spelling: str, name: str) -> None:
    authority, _ = AssigningAuthority.objects.get_or_create(name=name)
    AuthorityAlias.objects.create(alias=spelling, authority=authority)


def test_a_new_alias_renames_what_was_kept_under_it() -> None:
    person = "700123^^^GH^MR||Okafor^Ada||19800514|F"
    told = "I|W3||||||||||||||||V1^^^GH"
    adt("A01", pid=person + "|" * 10 + "AC1^^^GH", pv1=told)
    alias("GH", "GENHOSP")
    assert PatientIdentifier.objects.get().assigning_authority == "GENHOSP"
    kept = (visit().assigning_authority, visit().account_authority)
    assert kept == ("GENHOSP", "GENHOSP")
    adt("A02", at="0910", pid=person, pv1=told.replace("W3", "ICU"))
    assert visit().location == "ICU"
    AuthorityAlias.objects.all().delete()
    assert PatientIdentifier.objects.get().assigning_authority == "GENHOSP"


def test_an_alias_that_would_repeat_an_identifier_proposes_its_two_people() -> None:
    adt("A28", pid="700123^^^GH^MR||Okafor^Ada||19800514|F")
    adt("A28", pid="700123^^^GENHOSP^MR||Brandt^Karl||19300101|M")
    alias("GH", "GENHOSP")
    kept = PatientIdentifier.objects.values_list("assigning_authority", flat=True)
    assert set(kept) == {"GH", "GENHOSP"}
    pair = DuplicateCandidate.objects.get()
    assert {pair.first, pair.second} == set(Patient.objects.all())
    assert "two spellings" in pair.reasons[0]


def test_an_alias_ranks_the_identifiers_of_a_person_anew() -> None:
    AssigningAuthority.objects.create(name="GENHOSP", rank=1)
    AssigningAuthority.objects.create(name="REGION", rank=5)
    adt("A28", pid="700123^^^GH^MR~R77^^^REGION^MR||Okafor^Ada||19800514|F")
    assert PatientIdentifier.objects.get(preferred=True).value == "R77"
    alias("GH", "GENHOSP")
    assert PatientIdentifier.objects.get(preferred=True).value == "700123"


def test_the_identifier_of_the_highest_ranked_authority_is_preferred() -> None:
    AssigningAuthority.objects.create(name="REGION", rank=1)
    AssigningAuthority.objects.create(name="GENHOSP", rank=5)
    adt("A28", pid="700123^^^GENHOSP^MR~R77^^^REGION^MR||Okafor^Ada||19800514|F")
    assert PatientIdentifier.objects.get(preferred=True).value == "R77"


def test_weight_height_and_pregnancy_come_with_the_person() -> None:
    adt(
        "A08",
        pv1="O|W3||||||||||||B6||||V1^^^GENHOSP",
        more="OBX|1|NM|29463-7^Body weight^LN||71.5|kg|||||F\r"
        "OBX|2|NM|8302-2^Body height^LN||168|cm|||||F",
    )
    person = Patient.objects.get()
    assert (float(person.weight_kg or 0), float(person.height_m or 0)) == (71.5, 1.68)
    assert person.pregnancy == Pregnancy.DEFINITELY


def test_every_value_of_a_person_names_its_message_and_field() -> None:
    adt("A28", pv1="")
    adt("A08", at="0930", pv1="", pid="700123^^^GENHOSP^MR||Okafor^Adaeze||19800514|F")
    row = Provenance.objects.filter(patient=Patient.objects.get()).latest("id")
    assert row.inbound == last_inbound()
    assert row.changes == {
        "given_name": {"was": "Ada", "now": "Adaeze", "from": "PID-5.2"}
    }


def test_pregnancy_is_found_in_any_repetition() -> None:
    adt("A08", pv1="O|W3||||||||||||A0~B6||||V1^^^GENHOSP")
    assert Patient.objects.get().pregnancy == Pregnancy.DEFINITELY
    assert visit().ambulatory_status == "B6"


def dead(time: str, flag: str) -> str:
    return f"700123^^^GENHOSP^MR||Okafor^Ada||19800514|F{'|' * 21}{time}|{flag}"


@pytest.mark.parametrize("flag", ["Y", ""])
def test_a_time_of_death_is_kept_until_it_is_denied(flag: str) -> None:
    adt("A08", pv1="", pid=dead("20261031221500+0100", flag))
    person = Patient.objects.get()
    assert (person.deceased, str(person.deceased_at)) == (
        True,
        "2026-10-31 21:15:00+00:00",
    )
    adt("A08", at="0910", pv1="", pid=dead("", ""))
    person.refresh_from_db()
    assert person.deceased_at
    adt("A08", at="0920", pv1="", pid=dead("20261031221500+0100", "N"))
    person.refresh_from_db()
    assert not person.deceased
    assert person.deceased_at is None


def test_null_deletes_the_time_of_death_alone() -> None:
    adt("A08", pv1="", pid=dead("20261031221500+0100", "Y"))
    adt("A08", at="0910", pv1="", pid=dead(NULL, ""))
    person = Patient.objects.get()
    assert (person.deceased, person.deceased_at) == (True, None)


@pytest.mark.parametrize(
    ("al1", "text"),
    [
        (
            "DA|C1^Iodinated contrast|SV|hives",
            "Iodinated contrast (drug, severe: hives)",
        ),
        (
            "|^Iodinated contrast|SV|hives~itching",
            "Iodinated contrast (severe: hives, itching)",
        ),
        ("FA|^Peanut", "Peanut (food)"),
        ("MA|LATEX|U|", "LATEX"),
        (f"DA|^Iodine|SV|{'x' * 200}", "Iodine (drug, severe)"),
    ],
)
def test_an_allergy_says_how_bad_it_is(al1: str, text: str) -> None:
    assert adt("A08", pv1="", more=f"AL1|1|{al1}") == "applied"
    assert Patient.objects.get().allergies == [text]


def test_null_deletes_all_allergies_and_spoils_none() -> None:
    adt("A08", pv1="", more="AL1|1|DA|^Iodine|SV|hives")
    adt(
        "A08",
        at="0910",
        pv1="",
        more=f"AL1|1|DA|{NULL}|{NULL}|{NULL}\rAL1|2|FA|^Egg|{NULL}|{NULL}",
    )
    assert Patient.objects.get().allergies == ["Egg (food)"]
    adt("A08", at="0920", pv1="", more=f"AL1|1|DA|{NULL}")
    assert Patient.objects.get().allergies == []


def booked_on(day: int) -> Order:
    """An exam of the visit, at ten on that day of November."""
    order = ordered()
    start = datetime(2026, 11, day, 10, tzinfo=UTC)
    room = StationFactory.create().room
    desk = Cause(actor="desk")
    book_step(
        order_id=order.pk, room_id=room.pk, start=start, overbook=True, cause=desk
    )
    return order


@pytest.mark.parametrize("event", ["A04", "A10"])
def test_who_marks_arrivals_checks_in_the_exams_of_that_day(
    hospital: Peer, event: str
) -> None:
    Peer.objects.filter(pk=hospital.pk).update(marks_arrivals=True)
    adt("A01", at="0800")
    today = booked_on(1)
    assert adt(event, at="0930") == "applied"
    today.refresh_from_db()
    assert today.status == "arrived"
    assert today.status_since == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def test_an_exam_of_another_day_does_not_arrive(hospital: Peer) -> None:
    Peer.objects.filter(pk=hospital.pk).update(marks_arrivals=True)
    adt("A01", at="0800")
    later = booked_on(2)
    adt("A10", at="0930")
    later.refresh_from_db()
    assert later.status == "scheduled"


def test_without_the_option_nobody_arrives_by_a_message() -> None:
    adt("A01", at="0800")
    today = booked_on(1)
    adt("A10", at="0930")
    today.refresh_from_db()
    assert today.status == "scheduled"
