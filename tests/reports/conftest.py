from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow.accounts.models import User
from radflow.messaging.models import Peer
from reports.models import Report, SectionCode
from reports.services import open_report, save_draft
from tests.factories import PeerFactory, make_order


@pytest.fixture
def hospital(db: None) -> Peer:
    return PeerFactory.create(host="127.0.0.1", port=9)


@pytest.fixture
def performed(hospital: Peer) -> Order:
    """An exam whose images are in, placed by a hospital that wants results."""
    order = make_order(peer=hospital, laterality="LEFT")
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="CT1_AE"))
    order.refresh_from_db()
    return order


@pytest.fixture
def draft(performed: Order, radiologist: User) -> Report:
    """A report with findings and impression, held by the radiologist."""
    report = open_report(order_id=performed.pk, user=radiologist)
    return save_draft(
        report_id=report.pk,
        sections={
            SectionCode.FINDINGS.value: "Clear.",
            SectionCode.IMPRESSION.value: "Normal.",
        },
        expected_version=report.version,
        user=radiologist,
    )
