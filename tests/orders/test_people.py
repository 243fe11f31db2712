"""Who a message speaks of: identifiers, names, ADT (standards.md 3.4, 10)."""

from __future__ import annotations

import pytest

from orders.catalogue.mapping import release_known
from orders.cause import Cause
from orders.hl7.inbound import DIFFERS
from orders.models import Order, Patient, PatientIdentifier, Visit
from orders.services import clear_attention
from orders.services.attention import BESIDE, PATIENT_DIFFERS
from orders.services.completing import UNMAPPED, may_be_scheduled
from radflow.accounts.models import User
from radflow.messaging.models import Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

VISIT = "PV1|1|I" + "|" * 17 + "V1^^^GENHOSP\r"
ADA = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


_ids = iter(range(1, 100_000))


def order(pid: str) -> str:
    number = next(_ids)
    deliver(order_message(control_id=f"O{number}", placer=f"P{number}", pid=pid))
    return last_inbound().error_code or last_inbound().state


def adt(event: str, pid: str, more: str = "", version: str = "2.5.1") -> str:
    head = (
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123083000||ADT^{event}"
        f"|A{next(_ids)}|P|{version}\rEVN||20261123083000\r"
    )
    deliver((head + pid + "\r" + more).encode())
    return last_inbound().error_code or last_inbound().state


def keys() -> set[tuple[str, str, str]]:
    rows = PatientIdentifier.objects.values_list("value", "assigning_authority", "type")
    return set(rows)


def test_keeps_every_identifier_and_prefers_the_record_number() -> None:
    order("PID|1||99^^^NAT^NI~700123^^^GENHOSP^MR~7^^^OTHER^PI||Okafor^Ada")
    assert keys() == {
        ("99", "NAT", "NI"),
        ("700123", "GENHOSP", "MR"),
        ("7", "OTHER", "PI"),
    }
    assert PatientIdentifier.objects.get(preferred=True).value == "700123"


@pytest.mark.parametrize(
    ("default", "expected"),
    [("", "101"), ("MSH-4", "GENHOSP"), ("MAINREG", "MAINREG")],
)
def test_missing_authority_takes_the_senders_default(
    hospital: Peer, default: str, expected: str
) -> None:
    hospital.default_authority = default
    hospital.save()
    state = order("PID|1||700123||Okafor^Ada||19800514|F")
    authority = {key[1] for key in keys()} or {state}
    assert authority == {expected}


def test_authority_by_oid_alone_is_kept() -> None:
    order("PID|1||700123^^^&1.2.3.4&ISO^MR||Okafor^Ada")
    assert keys() == {("700123", "1.2.3.4", "MR")}


@pytest.mark.parametrize("pid3", ["", '""', '""^^^GENHOSP^MR', " ^^^GENHOSP^MR", "~"])
def test_nobody_is_made_without_an_identifier(pid3: str) -> None:
    (ack,) = deliver(order_message(pid=f"PID|1||{pid3}||Okafor^Ada"))
    assert ack.code == "AE"
    assert last_inbound().state == "rejected"
    assert Patient.objects.count() == 0


def test_blanks_around_an_identifier_make_no_second_person() -> None:
    order(ADA)
    assert order(ADA.replace("700123^", " 700123 ^")) == "applied"
    assert Patient.objects.count() == 1


def test_a_second_identifier_of_a_known_person_is_added() -> None:
    order(ADA)
    order(ADA.replace("^MR||", "^MR~99^^^NAT^NI||"))
    assert Patient.objects.count() == 1
    assert ("99", "NAT", "NI") in keys()
    assert PatientIdentifier.objects.get(preferred=True).value == "700123"


def test_identifiers_of_two_people_are_parked() -> None:
    order(ADA)
    order("PID|1||700999^^^GENHOSP^MR||Bello^Tunde||19700101|M")
    both = ADA.replace("^MR||", "^MR~700999^^^GENHOSP^MR||")
    assert order(both) == "PATIENT_MISMATCH"
    assert adt("A08", both) == "PATIENT_MISMATCH"
    assert Patient.objects.count() == 2


@pytest.mark.parametrize(
    ("pid", "state"),
    [
        (ADA.replace("Ada", "A"), "applied"),
        (ADA.replace("Okafor^Ada", "OKAFOR^ada"), "applied"),
        (ADA.replace("Okafor^Ada", "O’kafor^Àda"), "applied"),
        (ADA.replace("Okafor^Ada", "UNKNOWN^UNKNOWN"), "applied"),
        (ADA.replace("19800514", "198005"), "applied"),
        (ADA.replace("19800514", "19800415"), "applied"),
        (ADA.replace("Okafor", "Hart"), "applied"),
        (ADA.replace("Ada", "Ida"), "PATIENT_MISMATCH"),
        (ADA.replace("Okafor", "Hart").replace("1980", "1981"), "PATIENT_MISMATCH"),
        (ADA.replace("Okafor", "Hart").replace("|F", "|M"), "PATIENT_MISMATCH"),
        (ADA.replace("1980", "1981").replace("|F", "|M"), "PATIENT_MISMATCH"),
        ('PID|1||700123^^^GENHOSP^MR||""||""|""', "applied"),
    ],
)
def test_name_and_birth_date_must_fit_the_identifier(pid: str, state: str) -> None:
    order(ADA)
    assert order(pid) == state
    person = Patient.objects.get()
    told = (person.family_name, person.given_name, person.birth_date_text, person.sex)
    assert told == ("Okafor", "Ada", "19800514", "F")


@pytest.mark.parametrize(
    "pid", [ADA.replace("Okafor", "Hart"), ADA.replace("19800514", "19800415")]
)
def test_one_identifier_that_differs_is_said_on_the_order(pid: str) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    adt("A04", ADA)
    order(pid)
    made = Order.objects.get()
    assert "another family name" in made.needs_attention
    assert made.events.filter(title="Patient data differ").count() == 1
    assert DIFFERS in last_inbound().warnings


HART = ADA.replace("Okafor", "Hart")


def test_a_difference_is_said_beside_what_the_order_lacks(coordinator: User) -> None:
    adt("A04", ADA)
    order(HART)
    made = Order.objects.get()
    assert made.needs_attention == f"{UNMAPPED} {BESIDE}"
    assert not may_be_scheduled(made)
    ProcedureFactory.create(code="CTPA", modality="CT")
    assert release_known(by=coordinator).orders == 1
    made.refresh_from_db()
    assert made.needs_attention == PATIENT_DIFFERS


def test_a_difference_is_said_beside_a_suspected_duplicate() -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    order(ADA)
    order(HART)
    told = Order.objects.latest("id").needs_attention
    assert told.startswith("Possibly ordered twice")
    assert told.endswith(BESIDE)


def test_a_difference_that_a_person_has_seen_is_not_asked_again() -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    adt("A04", ADA)
    order(HART)
    made = Order.objects.get()
    clear_attention(order_id=made.pk, note="Asked her", cause=Cause(actor="test"))
    placer = made.placer_order_number
    for pid in (HART, HART.replace("Hart", "Bello"), HART):
        deliver(
            order_message(
                control="XO", control_id=f"X{next(_ids)}", placer=placer, pid=pid
            )
        )
        assert DIFFERS in last_inbound().warnings
        made.refresh_from_db()
        assert bool(made.needs_attention) is ("Bello" in pid)
        if made.needs_attention:
            clear_attention(order_id=made.pk, note="Yes", cause=Cause(actor="test"))


def test_orders_fill_what_is_empty_and_clear_nothing() -> None:
    order("PID|1||700123^^^GENHOSP^MR||Okafor^Ada")
    order(ADA)
    order('PID|1||700123^^^GENHOSP^MR||Okafor^Ada||""|""')
    person = Patient.objects.get()
    assert (person.birth_date_text, person.sex) == ("19800514", "F")


@pytest.mark.parametrize("event", ["A01", "A04", "A08", "A28", "A31"])
@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_adt_makes_and_changes_people(event: str, version: str) -> None:
    assert adt(event, ADA, version=version) == "applied"
    married = ADA.replace("Okafor", "Hart").replace("19800514", "19800515")
    assert adt(event, married, version=version) == "applied"
    person = Patient.objects.get()
    assert (person.family_name, person.birth_date_text) == ("Hart", "19800515")
    assert person.version == 2


def test_adt_empty_leaves_and_null_clears() -> None:
    adt("A04", ADA, "AL1|1|DA|^Iodine\r")
    adt("A08", "PID|1||700123^^^GENHOSP^MR||||")
    person = Patient.objects.get()
    assert (person.family_name, person.sex) == ("Okafor", "F")
    assert person.allergies == ["Iodine (drug)"]
    adt("A08", 'PID|1||700123^^^GENHOSP^MR||Okafor^Ada|||""', 'AL1|1||""\r')
    person.refresh_from_db()
    assert (person.birth_date_text, person.sex) == ("19800514", "")
    assert person.allergies == []


@pytest.mark.parametrize(
    ("null", "where"),
    [
        (ADA.replace("700123^^^GENHOSP^MR", '""'), "PID^1^3"),
        (ADA.replace("700123^", '""^'), "PID^1^3"),
        (ADA.replace("Okafor^Ada", '""'), "PID^1^5"),
        (ADA.replace("Okafor^Ada", '""^""'), "PID^1^5"),
        (ADA.replace("19800514", '""'), "PID^1^7"),
    ],
)
def test_adt_deletes_no_identifier_name_or_birth_date(null: str, where: str) -> None:
    adt("A04", ADA)
    assert adt("A08", null) == "102"
    assert (last_inbound().ack_code, last_inbound().error_location) == ("AE", where)
    person = Patient.objects.get()
    assert (person.family_name, person.birth_date_text) == ("Okafor", "19800514")


def test_an_allergy_beside_a_null_is_kept() -> None:
    adt("A08", ADA, 'AL1|1|DA|^Iodine\rAL1|2||""\r')
    assert Patient.objects.get().allergies == ["Iodine (drug)"]


@pytest.mark.parametrize("born", ["1981", "198105"])
def test_a_partial_birth_date_leaves_no_older_day_behind(born: str) -> None:
    adt("A08", ADA)
    adt("A08", ADA.replace("19800514", born))
    person = Patient.objects.get()
    assert (person.birth_date_text, person.birth_date) == (born, None)


def test_an_order_makes_no_partial_birth_date_a_whole_one() -> None:
    adt("A08", ADA.replace("19800514", "198005"))
    assert order(ADA) == "applied"
    person = Patient.objects.get()
    assert (person.birth_date_text, person.birth_date) == ("198005", None)


def test_adt_null_clears_a_part_of_the_name() -> None:
    adt("A04", ADA.replace("Okafor^Ada", "Okafor^Ada^Grace^Jr^Dr"))
    adt("A08", ADA.replace("Okafor^Ada", 'Okafor^Ada^""^""^""'))
    person = Patient.objects.get()
    assert (person.middle_name, person.suffix, person.prefix) == ("", "", "")
    assert person.family_name == "Okafor"


def test_a_death_told_by_mistake_can_be_taken_back() -> None:
    adt("A08", ADA + "|" * 22 + "Y")
    assert Patient.objects.get().deceased is True
    adt("A08", ADA)
    assert Patient.objects.get().deceased is True
    adt("A08", ADA + "|" * 22 + "N")
    assert Patient.objects.get().deceased is False


def test_other_scripts_stand_beside_the_name() -> None:
    names = "Yamada^Taro^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P"
    head = ADA.replace("Okafor^Ada", names)
    raw = order_message(pid=head).replace(b"|2.3.1", b"|2.3.1||||||UNICODE UTF-8")
    deliver(raw)
    person = Patient.objects.get()
    assert (person.family_name, person.given_name) == ("Yamada", "Taro")
    assert person.name_ideographic.startswith("山田^太郎")
    assert person.name_phonetic.startswith("やまだ^たろう")


def test_a_visit_follows_the_patients_place() -> None:
    adt("A01", ADA, "PV1|1|I|W1^12^B||||||||||||B6||||V1^^^GENHOSP\r")
    visit = Visit.objects.get()
    assert (visit.patient_class, visit.location) == ("I", "W1 12 B")
    adt("A08", ADA, 'PV1|1|I|W2^3||||||||||||""||||V1^^^GENHOSP\r')
    visit.refresh_from_db()
    assert visit.location == "W2 3"
    assert '""' not in visit.ambulatory_status


@pytest.mark.parametrize("event", ["A28", "A31"])
def test_news_of_a_person_opens_no_visit(event: str) -> None:
    adt(event, ADA, VISIT)
    assert Visit.objects.count() == 0


def test_a_visit_of_another_patient_is_parked() -> None:
    adt("A01", ADA, VISIT)
    other = "PID|1||700999^^^GENHOSP^MR||Bello^Tunde||19700101|M"
    assert adt("A01", other, VISIT) == "PATIENT_MISMATCH"
    assert Patient.objects.count() == 1


def test_an_account_stands_for_a_missing_visit_number() -> None:
    account = ADA + "|" * 10 + "ACC77^^^GENHOSP^AN"
    raw = order_message(pid=account + "\rPV1|1|E|ED^1")
    deliver(raw)
    visit = Order.objects.get().visit
    assert visit is not None
    assert (visit.number, visit.account_number) == ("ACC77", "ACC77")


@pytest.mark.parametrize(
    "pid",
    [
        ADA.replace("Okafor", "O" * 5000),
        ADA.replace("700123", "7" * 5000),
        ADA.replace("GENHOSP", "G" * 5000),
        ADA.replace("19800514", "born"),
        ADA.replace("19800514", "19801399"),
    ],
)
def test_what_cannot_be_kept_is_parked_at_once(pid: str) -> None:
    for state in (order(pid), adt("A04", pid)):
        assert state == "102"
    assert last_inbound().attempts == 0
    assert Patient.objects.count() == 0
