"""Where news of performed exams goes: by the first rule that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from radflow.messaging.contracts import lifecycle
from radflow.messaging.contracts.shipped import PHILIPS_ZPH
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, SiteFactory, UserFactory
from tests.worklist.department import Department
from tests.worklist.example import example_12_1
from tests.worklist.pacs import Pacs
from tests.worklist.scanner import change, create, ended, performed
from tests.worklist.test_images import due_now, notice
from worklist.models import DicomDelivery, DicomNode, ExamRoute, RoutingRule, Station
from worklist.services.routing import move_up

ZPH = "\rZPH|1|ROUTE_ER^Emergency reading route^99ISP"


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    running = Pacs()
    yield running
    running.stop()


def archive(name: str, **values: Any) -> DicomNode:
    ae_title = name.upper()
    return DicomNode.objects.create(
        **{"name": name, "ae_title": ae_title, "host": "h", "port": 104, **values}
    )


def rule(kind: str = "steps", *to: DicomNode | Peer, **values: Any) -> RoutingRule:
    count = RoutingRule.objects.count()
    made = RoutingRule.objects.create(
        **{"name": f"Rule {count + 1}", "kind": kind, "position": count + 1, **values}
    )
    for one in to:
        (made.nodes if isinstance(one, DicomNode) else made.peers).add(one)  # type: ignore[arg-type]
    return made


def told() -> list[tuple[str, str, str]]:
    rows = DicomDelivery.objects.shown().order_by("id")
    return [(one.node.name, one.kind, one.why) for one in rows]


def test_without_rules_whoever_wants_it_is_told(
    department: Department, order: Order
) -> None:
    archive("North", wants_steps=True)
    archive("South")
    create(department, performed(order))
    assert told() == [("North", "N-CREATE", "")]


def test_the_first_rule_that_fits_chooses_alone(
    department: Department, order: Order
) -> None:
    """Also against what a node wants or does not want by itself."""
    archive("North", wants_steps=True)
    south, east = archive("South"), archive("East")
    rule("steps", east, modalities=["MR"])
    rule("steps", east, enabled=False)
    rule("steps", south, modalities=["CT"], name="CT to the south")
    rule("steps", east)
    create(department, performed(order))
    assert told() == [("South", "N-CREATE", "CT to the south")]


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({"modalities": ["CT"]}, True),
        ({"modalities": ["MR"]}, False),
        ({"procedures": ["NONE"]}, False),
        ({"routes": ["ROUTE_ER"]}, False),
    ],
)
def test_each_condition_must_fit(
    department: Department, order: Order, conditions: dict[str, Any], fits: bool
) -> None:
    rule("steps", archive("South"), **conditions)
    create(department, performed(order))
    assert bool(told()) is fits


@pytest.mark.parametrize("own", [True, False])
def test_a_rule_of_a_site_fits_only_exams_that_are_known_to_be_there(
    department: Department, order: Order, station: Station, own: bool
) -> None:
    site = station.room.site if own else SiteFactory.create(code="OTHER", name="Other")
    rule("steps", archive("South")).sites.add(site)
    assert order.steps.filter(station=station).exists()
    create(department, performed(order))
    assert bool(told()) is own


def test_who_was_told_of_the_begin_hears_the_end_whatever_rules_say_then(
    department: Department, order: Order, pacs: Pacs
) -> None:
    south, east = archive("South", host="127.0.0.1", port=pacs.port), archive("East")
    first = rule("steps", south)
    create(department, performed(order))
    first.nodes.set([east])
    change(department, ended())
    assert [(name, kind) for name, kind, _why in told()] == [
        ("South", "N-CREATE"),
        ("South", "N-SET"),
    ]
    due_now()
    assert pacs.told == ["create", "set"]


def test_kinds_are_routed_each_by_its_own_rules(
    department: Department, order: Order
) -> None:
    archive("Pacs", ae_title="PACS", is_archive=True)
    rule("available", archive("Reading"), name="All to reading")
    create(department, performed(order))
    department.scanner("PACS").notify_available("1.2.3.4", notice())
    assert told() == [("Reading", "IAN", "All to reading")]


def test_a_reading_service_is_told_that_the_exam_was_performed(
    department: Department, order: Order, client: Client
) -> None:
    night = PeerFactory.create(name="Night reading", host="h", port=1)
    PeerFactory.create(name="Other", host="h", port=1)
    rule("reading", night, name="CT at night", modalities=["CT"])
    create(department, performed(order))
    assert not OutboundMessage.objects.filter(peer=night).exists()
    change(department, ended())
    message = OutboundMessage.objects.get(peer=night, message_type="ORM^O01")
    text = bytes(message.raw).decode()
    assert "\rORC|NW|" in text and "|CM|" in text
    assert order.accession_number in text
    client.force_login(UserFactory.create(role="radiologist"))
    page = client.get(f"/studies/{order.study.pk}/").content.decode()
    assert "Night reading" in page and "by rule CT at night" in page


def test_without_a_fitting_rule_no_reading_service_is_told(
    department: Department, order: Order
) -> None:
    night = PeerFactory.create(name="Night reading", host="h", port=1)
    rule("reading", night, modalities=["MR"])
    create(department, performed(order))
    change(department, ended())
    assert not OutboundMessage.objects.filter(peer=night).exists()


def test_the_route_of_a_z_segment_decides_once_its_contract_is_in_force(
    department: Department, station: Station, interface_admin: User
) -> None:
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    draft = replace(PHILIPS_ZPH, sending_application="EHRX", evidence="Agreement 7")
    made = lifecycle.create_draft(draft=draft, by=interface_admin)
    lifecycle.approve(contract_id=made.pk, by=interface_admin)
    deliver(order_message(more=ZPH))
    order = Order.objects.get(pk=last_inbound().order_ids[0])
    assert ExamRoute.objects.get(order=order).route == "ROUTE_ER"
    from worklist.selectors.routing import routed

    rule("steps", archive("Emergency"), routes=["ROUTE_ER"])
    assert [node.name for node in routed(order, "steps").nodes] == ["Emergency"]


def test_interface_admins_keep_rules_in_order(client: Client, db: None) -> None:
    admin = UserFactory.create(role="interface_admin")
    client.force_login(admin)
    south = archive("South")
    form = {"name": "CT", "kind": "steps", "enabled": "on", "modalities": "CT, MR"}
    add = "/archives/rules/add/"
    assert client.post(add, form).status_code == 400  # to nobody
    form["nodes"] = str(south.pk)
    assert client.post(add, form).status_code == 302
    assert client.post(add, {**form, "name": "All"}).status_code == 302
    ct, rest = RoutingRule.objects.all()
    assert (ct.modalities, ct.position, rest.position) == (["CT", "MR"], 1, 2)
    assert client.post(f"/archives/rules/{rest.pk}/up/").status_code == 302
    assert [one.name for one in RoutingRule.objects.all()] == ["All", "CT"]
    move_up(rule_id=rest.pk, by=admin)  # the first stays the first
    assert [one.name for one in RoutingRule.objects.all()] == ["All", "CT"]
    page = f"/archives/rules/{ct.pk}/"
    stale = {**form, "revision": "1", "name": "CT and MR"}
    assert client.post(page, stale).status_code == 302
    assert client.post(page, {**stale, "name": "Late"}).status_code == 400
    listed = client.get("/archives/rules/").content.decode()
    assert "CT and MR" in listed and "Late" not in listed
    assert client.post(f"/archives/rules/{ct.pk}/drop/").status_code == 302
    assert RoutingRule.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"), [("technologist", 403), ("radiologist", 403)]
)
def test_others_may_not(client: Client, db: None, role: str, status: int) -> None:
    client.force_login(UserFactory.create(role=role))
    assert client.post("/archives/rules/add/", {}).status_code == status
