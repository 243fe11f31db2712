"""Changes, cancels and holds of known orders (standards.md 4.1, 5.4, 14.1)."""

from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent, Patient
from orders.services import record_event
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = b"ORC|NW|P1^EHRX\rOBR|2|P1^EHRX||CTHEAD^CT head^99RADFLOW\r"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        sending_application="EHRX",
        sending_facility="GENHOSP",
        host="h",
        port=1,
        reply_style="order_response",
    )


_ids = iter(range(1, 100_000))


def say(control: str, **changes: str) -> str:
    """Send about the order; the state the message ends in, or its error code."""
    deliver(order_message(control=control, control_id=f"T{next(_ids)}", **changes))
    return last_inbound().error_code or last_inbound().state


def answer() -> list[str]:
    """The last order response, its ORC's fields."""
    raw = bytes(OutboundMessage.objects.latest("id").raw).decode()
    return next(s for s in raw.split("\r") if s.startswith("ORC")).split("|")


def happens(*events: Event) -> None:
    for event in events:
        record_event(
            order_id=Order.objects.get().pk, event=event, cause=Cause(actor="test")
        )


@pytest.mark.parametrize(
    ("control", "yes", "state"),
    [
        ("CA", "CR", "cancelled"),
        ("DC", "DR", "cancelled"),
        ("HD", "HR", "on_hold"),
        ("XO", "XR", "ordered"),
        ("SS", "SR", "ordered"),
    ],
)
def test_before_the_start_it_is_done_and_told(
    control: str, yes: str, state: str
) -> None:
    say("NW")
    assert say(control) == "applied"
    assert Order.objects.get().status == state
    assert answer()[1:3] == [yes, "P1^EHRX"]


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(("control", "no"), [("CA", "UC"), ("DC", "UD"), ("HD", "UH")])
def test_after_the_start_it_is_refused_and_told(
    control: str, no: str, ended: bool
) -> None:
    say("NW")
    happens(Event.BEGIN, *([Event.END] if ended else []))
    before = Order.objects.get()
    assert say(control) == "EXAM_STARTED"
    after = Order.objects.get()
    assert (after.status, after.study_instance_uid) == (
        before.status,
        before.study_instance_uid,
    )
    assert answer()[1] == no
    assert "EXAM_STARTED" in answer()[16]


def test_release_goes_back_to_where_the_hold_found_it() -> None:
    say("NW")
    happens(Event.ARRIVE)
    say("HD")
    assert say("RL") == "applied"
    assert Order.objects.get().status == "arrived"
    assert answer()[1] == "OR"


def test_release_without_hold_is_refused() -> None:
    say("NW")
    assert say("RL") == "ORDER_STATE"
    assert answer()[1] == "UR"


def test_change_before_the_start_takes_the_new_procedure() -> None:
    say("NW")
    say("XO", obr="CTHEAD^CT head^99RADFLOW", orc="|||||^^^^^S")
    order = Order.objects.get()
    assert (order.procedure_code, order.priority) == ("CTHEAD", "S")


def test_change_after_the_start_takes_clinical_details_alone() -> None:
    say("NW")
    happens(Event.BEGIN)
    assert say("XO", more="|" * 9 + "new cough", orc="|||||^^^^^S") == "applied"
    order = Order.objects.get()
    assert (order.clinical_info, order.priority) == ("new cough", "S")


def test_change_after_the_start_is_refused_as_a_whole_with_another_procedure() -> None:
    say("NW")
    happens(Event.BEGIN)
    more = "|" * 9 + "new cough"
    assert say("XO", obr="CTHEAD^CT head^99RADFLOW", more=more) == "EXAM_STARTED"
    order = Order.objects.get()
    assert (order.procedure_code, order.clinical_info) == ("CTPA", "")
    assert answer()[1] == "UX"


def test_change_says_nothing_of_the_priority_and_keeps_it() -> None:
    say("NW", orc="|||||^^^^^S")
    say("XO", more="|" * 9 + "cough")
    assert Order.objects.get().priority == "S"


@pytest.mark.parametrize("control", ["CA", "XO", "HD", "SS", "SC"])
def test_an_order_of_another_patient_is_left_alone(control: str) -> None:
    say("NW")
    other = "PID|1||700999^^^GENHOSP^MR||Bello^Tunde||19700101|M"
    assert say(control, pid=other) == "PATIENT_MISMATCH"
    assert Order.objects.get().status == "ordered"


def test_numbers_of_two_orders_address_neither() -> None:
    say("NW")
    say("NW", placer="P2")
    first = Order.objects.get(placer_order_number="P1")
    assert say("CA", placer="P2", orc=f"|{first.accession_number}") == "UNKNOWN_ORDER"
    assert set(Order.objects.values_list("status", flat=True)) == {"ordered"}


def test_the_filler_number_alone_addresses() -> None:
    say("NW")
    number = Order.objects.get().filler_order_number
    raw = order_message(control="CA", control_id="X1")
    raw = raw.replace(b"ORC|CA|P1^EHRX", f"ORC|CA||{number}".encode())
    deliver(raw.replace(b"OBR|1|P1^EHRX|", b"OBR|1||"))
    assert Order.objects.get().status == "cancelled"


def test_a_cancel_by_placer_number_ends_every_open_exam_under_it() -> None:
    deliver(order_message() + SECOND)
    raw = order_message(control="CA", control_id="X1").split(b"OBR")[0]
    deliver(raw)
    assert last_inbound().state == "applied"
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}
    sent = bytes(OutboundMessage.objects.latest("id").raw).decode()
    assert sent.count("\rORC|CR|") == 2


def test_a_cancel_by_placer_number_spares_what_was_performed() -> None:
    deliver(order_message() + SECOND)
    done = Order.objects.get(procedure_code="CTPA")
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=done.pk, event=event, cause=Cause(actor="test"))
    deliver(order_message(control="CA", control_id="X1").split(b"OBR")[0])
    states = dict(Order.objects.values_list("procedure_code", "status"))
    assert states == {"CTPA": "performed", "CTHEAD": "cancelled"}


def test_a_cancel_by_placer_number_reaches_every_generation_that_lives() -> None:
    when = "|||||||{}"
    deliver(order_message(orc=when.format("20261123080000")) + SECOND)
    say("CA", orc=when.format("20261123081000"))
    say("NW", orc=when.format("20261123082000"))
    assert Order.objects.exclude(status="cancelled").count() == 2
    deliver(order_message(control="CA", control_id="X1").split(b"OBR")[0])
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}


def test_a_new_procedure_for_several_exams_must_say_which() -> None:
    deliver(order_message() + SECOND)
    assert say("XO", obr="CTNECK^CT neck^99RADFLOW") == "UNKNOWN_ORDER"
    codes = set(Order.objects.values_list("procedure_code", flat=True))
    assert codes == {"CTPA", "CTHEAD"}


def test_a_later_order_for_another_procedure_needs_its_own_number() -> None:
    say("NW")
    assert say("NW", obr="CTHEAD^CT head^99RADFLOW") == "DUPLICATE_ORDER"
    assert Order.objects.count() == 1


def test_a_placer_number_of_another_patient_is_refused() -> None:
    say("NW")
    other = "PID|1||700999^^^GENHOSP^MR||Bello^Tunde||19700101|M"
    code = say("NW", pid=other, obr="CTHEAD^CT head^99RADFLOW")
    assert code == "PATIENT_MISMATCH"
    assert Patient.objects.count() == 1


def test_lower_case_order_controls_mean_the_same() -> None:
    assert say("nw") == "applied"
    assert say("ca") == "applied"
    assert Order.objects.get().status == "cancelled"


def test_a_long_reason_never_stops_a_cancel() -> None:
    say("NW")
    happens(Event.ARRIVE)
    assert say("CA", orc="|" * 14 + "X^" + "very sorry " * 100) == "applied"
    assert Order.objects.get().status == "cancelled"


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"orc": "|||||^^^tomorrow"}, "ORC^1^7"),
        ({"more": "|" * 23 + "^^^20261399"}, "OBR^1^27"),
        ({"more": "|" * 32 + "Monday"}, "OBR^1^36"),
        ({"orc": "|||||||not a time"}, "ORC^1^9"),
        ({"orc": "|||||||99999999999999"}, "ORC^1^9"),
    ],
)
def test_no_time_where_a_time_belongs_parks(
    fields: dict[str, str], location: str
) -> None:
    deliver(order_message(control_id="C9", **fields))
    row = last_inbound()
    assert row.state == "parked"
    assert row.error_code in {"102", "101"}
    assert row.error_location.startswith(location)
    assert Order.objects.count() == 0


def test_the_timeline_names_message_and_reason() -> None:
    say("NW")
    say("CA", orc="|" * 14 + "X^Patient declined")
    entry = OrderEvent.objects.get(to_status="cancelled")
    assert entry.inbound_id == last_inbound().pk
    assert entry.detail == "Patient declined"
    assert (entry.from_status, entry.user) == ("ordered", None)
