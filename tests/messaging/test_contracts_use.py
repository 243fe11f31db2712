"""What Z segments do to an order that comes in by the door."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from orders.hl7 import zsegments
from orders.hl7.described import describe_orders
from orders.models import Order, OrderEvent
from radflow.accounts.models import User
from radflow.hl7.escapes import STANDARD
from radflow.hl7.message import Message, Segment
from radflow.messaging.contracts import lifecycle, samples
from radflow.messaging.contracts.drafts import Draft, as_draft, faults_in
from radflow.messaging.contracts.rules import FieldRule, rule_of
from radflow.messaging.contracts.selectors import unknown_segments
from radflow.messaging.contracts.shipped import SIEMENS_ZSI, ship
from radflow.messaging.contracts.targets import TARGETS
from radflow.messaging.contracts.unknown import flag
from radflow.messaging.models import Peer, UnknownSegment, ZContract
from radflow.messaging.routes import Inbound
from tests.door import deliver, last_inbound, order_message, sample
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
UID = "2.25.160133186429841150224478235105312347201"
ZDS = f"\rZDS|{UID}^100^Application^DICOM"
ZSI = "\rZSI|1|WLGRP_CT^CT worklist group^99SYN|CT2_AE|CT^1|CTR2|20270302100000|N"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital",
        sending_application="EHRX",
        sending_facility="GENHOSP",
        reply_style="order_response",
        host="127.0.0.1",
        port=1,
    )


def in_force(by: User, draft: Draft = SIEMENS_ZSI, **changes: object) -> ZContract:
    draft = replace(draft, sending_application="EHRX", evidence="Agreement 7")
    made = lifecycle.create_draft(draft=replace(draft, **changes), by=by)  # type: ignore[arg-type]
    return lifecycle.approve(contract_id=made.pk, by=by)


def fields(**changes: FieldRule) -> tuple[FieldRule, ...]:
    """Those of the Siemens example, with some replaced: `f3=...`."""
    return tuple(changes.get(f"f{one.field}", one) for one in SIEMENS_ZSI.fields)


def placed(more: str, **values: str) -> Order:
    deliver(order_message(more=more, **values))
    message = last_inbound()
    assert message.state == "applied", message.error_text
    return Order.objects.get(pk=message.order_ids[0])


def test_what_is_shipped_passes_its_own_tests() -> None:
    contracts = ZContract.objects.all()
    found = {(c.segment, c.vendor, c.status) for c in contracts}
    assert found == {
        ("ZDS", "IHE", "approved"),
        ("ZDS", "GE", "example"),
        ("ZSI", "Siemens", "example"),
        ("ZPH", "Philips", "example"),
    }
    for contract in contracts:
        draft = as_draft(contract)
        assert faults_in(draft) == {}
        assert samples.lacking(samples.run(rule_of(contract), draft.samples)) == ""


def test_shipping_twice_adds_nothing() -> None:
    ship(None, using="default")
    assert ZContract.objects.count() == 4


def test_every_target_is_one_that_an_order_can_take() -> None:
    written = {name for name, target in TARGETS.items() if not target.annotates_only}
    assert written == set(zsegments.TARGETS)


def test_the_study_uid_of_a_good_zds_is_taken() -> None:
    assert placed(ZDS).study_instance_uid == UID
    assert last_inbound().warnings == [] or "ZDS" not in str(last_inbound().warnings)


@pytest.mark.parametrize(
    "segment",
    [
        f"\rZDS|{UID}^3001^Bello^Tunde",
        "\rZDS|1.02.3^100^Application^DICOM",
        "\rZDS|3001^Bello|20260302",
    ],
)
def test_a_zds_of_another_shape_is_flagged_and_not_applied(segment: str) -> None:
    order = placed(segment)
    assert order.study_instance_uid not in segment
    assert "by ZDS IHE" in str(last_inbound().warnings)


@pytest.mark.parametrize("control", ["NW", "XO"])
def test_another_study_uid_for_a_known_order_is_refused(control: str) -> None:
    order = placed(ZDS)
    other = "\rZDS|2.25.7^100^Application^DICOM"
    deliver(order_message(control=control, control_id="C2", more=other))
    message = last_inbound()
    assert (message.state, message.error_code) == ("parked", "205")
    order.refresh_from_db()
    assert order.study_instance_uid == UID


def test_an_example_never_acts() -> None:
    order = placed(ZSI)
    assert order.station_ae_title == ""
    assert "no contract in force" in str(last_inbound().warnings)


def test_an_approved_contract_fills_what_the_order_leaves_empty(
    interface_admin: User,
) -> None:
    contract = in_force(interface_admin)
    order = placed(ZSI)
    assert order.requested_start == datetime(2027, 3, 2, 10, tzinfo=UTC)
    assert order.modality == "CT"
    entry = OrderEvent.objects.get(order=order, title__startswith="ZSI read by")
    assert str(contract) in entry.title
    assert "ZSI-3 Station AE: CT2_AE (taken)" in entry.detail
    assert "ZSI-2 Worklist group: WLGRP_CT" in entry.detail
    assert not UnknownSegment.objects.exists()


def test_fill_leaves_what_is_there_and_overwrite_replaces_it(
    interface_admin: User,
) -> None:
    told = "|" * 20 + "MR"
    contract = in_force(interface_admin)
    assert placed(f"{told}{ZSI}").modality == "MR"
    made = lifecycle.new_version(contract_id=contract.pk, by=interface_admin)
    rows = tuple(
        replace(one, policy="overwrite") if one.target == "step.modality" else one
        for one in as_draft(made).fields
    )
    draft = replace(as_draft(made), fields=rows, evidence="Agreement 8")
    lifecycle.change_draft(contract_id=made.pk, draft=draft, by=interface_admin)
    lifecycle.approve(contract_id=made.pk, by=interface_admin)
    order = placed(f"{told}{ZSI}", control_id="C2", placer="P2")
    assert order.modality == "CT"


def test_a_field_that_breaks_the_contract_is_flagged_and_left_out(
    interface_admin: User,
) -> None:
    in_force(interface_admin)
    order = placed(ZSI.replace("CT2_AE", "STATION_AE_TITLE_TOO_LONG"))
    assert order.requested_start is not None
    assert "ZSI-3 is longer than 16 characters" in str(last_inbound().warnings)


@pytest.mark.parametrize(
    ("on_error", "code", "told"),
    [("quarantine", "Z_QUARANTINED", 0), ("reject", "Z_REFUSED", 1)],
)
def test_a_message_waits_or_is_refused_where_the_contract_says_so(
    interface_admin: User, hospital: Peer, on_error: str, code: str, told: int
) -> None:
    strict = FieldRule(3, 0, "Station AE", max_length=16, on_error=on_error)
    in_force(interface_admin, fields=fields(f3=strict))
    deliver(order_message(more=ZSI.replace("CT2_AE", "STATION_AE_TITLE_TOO_LONG")))
    message = last_inbound()
    assert (message.state, message.error_code) == ("parked", code)
    assert message.error_location == "ZSI^1^3"
    assert "TOO_LONG" not in message.error_text
    assert hospital.outbound.count() == told
    assert not Order.objects.exists()


def test_an_unknown_segment_is_flagged_once_for_each_width() -> None:
    for number, more in enumerate(("\rZQ1|a", "\rZQ1|b", "\rZQ1|a|b\rZQ2|a")):
        placed(more, control_id=f"C{number}", placer=f"P{number}")
    found = UnknownSegment.objects.order_by("id")
    assert [(one.segment, one.field_count) for one in found] == [
        ("ZQ1", 1),
        ("ZQ1", 2),
        ("ZQ2", 1),
    ]


def test_two_workers_flag_an_unknown_segment_once() -> None:
    deliver(order_message())
    message = last_inbound()
    both = threading.Barrier(2)

    def work() -> None:
        try:
            both.wait(30)
            flag(message, [Segment("ZQ9|1", 1, STANDARD)], [])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert UnknownSegment.objects.filter(segment="ZQ9").count() == 1
    warnings = last_inbound().warnings
    assert len([one for one in warnings if one.startswith("ZQ9")]) == 1


def test_a_message_with_unknown_segments_waits_for_no_other() -> None:
    flagged = threading.Event()

    def work() -> None:
        deliver(order_message(control_id="C2", placer="P2", more="\rZQ1|b"))
        flagged.set()
        connection.close()

    with transaction.atomic():
        deliver(order_message(more="\rZQ1|a"))
        other = threading.Thread(target=work)
        other.start()
        assert flagged.wait(30)
    other.join(30)
    assert UnknownSegment.objects.filter(segment="ZQ1").count() == 1


@pytest.mark.parametrize(
    ("name", "application", "unknown"),
    [
        ("06a_", "GECENTRIC", []),
        ("06b_", "SYNGORIS", ["ZSI"]),
        ("06c_", "ISPACS", ["ZPH"]),
    ],
)
def test_the_worked_messages_of_three_vendors_are_applied(
    name: str, application: str, unknown: list[str]
) -> None:
    PeerFactory.create(sending_application=application, sending_facility="GENHOSP")
    deliver(sample(name))
    assert last_inbound().state == "applied"
    found = UnknownSegment.objects.values_list("segment", flat=True)
    assert list(found) == unknown
    (order,) = Order.objects.all()
    assert (order.study_instance_uid == UID) is (not unknown)


def test_what_a_message_is_read_as_tells_what_its_contract_adds(
    interface_admin: User,
) -> None:
    contract = in_force(interface_admin)
    placed(ZSI)
    row = last_inbound()
    assert row.peer is not None
    message = Message.parse(bytes(row.raw))
    told = describe_orders(Inbound(row, message, row.peer))
    assert told["Station AE title"] == "CT2_AE"
    assert any(str(contract) in label for label in told)


def test_what_says_more_than_its_contract_becomes_its_next_version(
    interface_admin: User,
) -> None:
    contract = in_force(interface_admin)
    order = placed(ZSI.replace("CT^1", "CT^1^x") + "|extra|12")
    assert order.requested_start is not None
    unknown = UnknownSegment.objects.get()
    assert (unknown.segment, unknown.field_count) == ("ZSI", 9)
    draft = lifecycle.draft_from_sample(unknown_id=unknown.pk, by=interface_admin)
    assert (draft.version, draft.product) == ("1.1.0", contract.product)
    known, told = (as_draft(one).fields for one in (contract, draft))
    assert {one.path for one in told} - {one.path for one in known} == {"4.3", "8", "9"}


def test_a_contract_settles_only_what_it_describes(interface_admin: User) -> None:
    placed(ZSI)
    placed(f"{ZSI}|extra", control_id="C2", placer="P2")
    contract = in_force(interface_admin)
    found = UnknownSegment.objects.order_by("field_count")
    assert [(one.field_count, one.contract) for one in found] == [
        (7, contract),
        (8, None),
    ]
    assert [one.field_count for one in unknown_segments()] == [8]


def test_messages_of_people_are_reviewed_too() -> None:
    lines = [
        "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123083000||ADT^A08|A1|P|2.3.1",
        "EVN|A08|20261123083000",
        "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F",
        "PV1|1|O",
        "ZPA|1|Okafor",
    ]
    deliver(("\r".join(lines) + "\r").encode())
    assert last_inbound().state == "applied"
    (unknown,) = UnknownSegment.objects.all()
    assert (unknown.segment, unknown.first_message) == ("ZPA", last_inbound())


def test_a_draft_from_a_sample_has_its_shape_and_none_of_its_values(
    interface_admin: User,
) -> None:
    placed("\rZQ1|1|Okafor^Ada|20260302101500|12.5~3|Y")
    unknown = UnknownSegment.objects.get()
    draft = lifecycle.draft_from_sample(unknown_id=unknown.pk, by=interface_admin)
    rows = [(one.field, one.component, one.datatype) for one in draft.fields.all()]
    assert rows == [
        (1, 0, "NM"),
        (2, 0, "CM"),
        (2, 1, "ST"),
        (2, 2, "ST"),
        (3, 0, "TS"),
        (4, 0, "NM"),
        (5, 0, "ID"),
    ]
    (sample,) = draft.samples.all()
    assert sample.text == "ZQ1|1|Xxxxxx^Xxx|11111111111111|11.1~1|X"
    (result,) = samples.run(rule_of(draft), as_draft(draft).samples)
    assert result.passed, result.findings
    assert draft.sending_application == "EHRX"
    unknown.refresh_from_db()
    assert unknown.contract == draft


def test_a_message_without_z_segments_costs_no_look_at_contracts() -> None:
    with connection.execute_wrapper(_refusing("messaging_z_contract")):
        deliver(order_message())
    assert last_inbound().state == "applied"


def _refusing(table: str):  # type: ignore[no-untyped-def]
    def run(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        assert table not in sql
        return execute(sql, params, many, context)

    return run
