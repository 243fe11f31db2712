from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import HeldChange, Order, OrderEvent
from orders.selectors import provenance_of
from orders.services import keep_source, note, record_event
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.models import InboundMessage
from tests.door import deliver, last_inbound, order_message
from tests.factories import StationFactory, make_order
from tests.worklist.pages.markup import text_of
from worklist.models import DicomExchange, WorklistServed
from worklist.services import book_step

pytestmark = pytest.mark.django_db(transaction=True)


def address_of(message: InboundMessage) -> str:
    return reverse("messaging:detail", args=[message.pk])


def test_a_value_says_which_field_of_which_message_gave_it(
    interface_desk: Client, order: Order
) -> None:
    html = interface_desk.get(f"/orders/{order.pk}/").content.decode()
    assert "Source of Placer no.: ORC-2" in html
    message = last_inbound()
    assert f"{message.message_type} {message.control_id}" in html
    assert f'href="{address_of(message)}"' in html


def test_the_values_before_are_kept_beside_the_present_one(
    desk: Client, order: Order
) -> None:
    keep_source(
        order,
        was={"laterality": "LEFT"},
        now={"laterality": "RIGHT"},
        sources={"laterality": "OBR-15.5"},
        cause=Cause(actor="Hospital"),
    )
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert "RIGHT , changed from LEFT" in text


def test_what_a_rule_gave_names_no_field(desk: Client, order: Order) -> None:
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    assert "Source of Accession: Rule" in html


def test_the_source_of_every_value_is_one_query(order: Order) -> None:
    with CaptureQueriesContext(connection) as seen:
        changes = provenance_of(order)
        assert [change.row.inbound for change in changes]
        assert [change.row.user for change in changes]
    assert len(seen) == 1


def test_messages_are_linked_only_for_those_who_may_read_them(
    desk: Client, interface_desk: Client, order: Order
) -> None:
    address = address_of(last_inbound())
    assert address not in desk.get(f"/orders/{order.pk}/").content.decode()
    assert address in interface_desk.get(f"/orders/{order.pk}/").content.decode()


def test_an_entry_tells_both_times_where_they_differ(
    desk: Client, order: Order
) -> None:
    assert "Recorded" not in text_of(desk.get(f"/orders/{order.pk}/?show=states"))
    earlier = Cause(actor="MPPS", at=timezone.now() - timedelta(minutes=9))
    note(order_id=order.pk, kind="stop", title="Told late", cause=earlier)
    assert "Recorded" in text_of(desk.get(f"/orders/{order.pk}/?show=states"))


def test_an_entry_without_person_or_message_is_by_a_rule(
    desk: Client, order: Order
) -> None:
    note(order_id=order.pk, kind="note", title="Let go", cause=Cause())
    assert "Let go By rule." in text_of(desk.get(f"/orders/{order.pk}/"))


def test_entries_are_shown_by_kind_and_stay_so_when_they_refresh(
    desk: Client, order: Order
) -> None:
    note(order_id=order.pk, kind="note", title="Called the ward", cause=Cause())
    for address in (f"/orders/{order.pk}/", f"/orders/{order.pk}/timeline/"):
        assert "Called the ward" in text_of(desk.get(address))
        assert "Called the ward" not in text_of(desk.get(f"{address}?show=states"))
    html = desk.get(f"/orders/{order.pk}/?show=states").content.decode()
    assert f'data-live-url="/orders/{order.pk}/timeline/?show=states"' in html


def test_an_identity_in_doubt_and_held_changes_stand_above_everything(
    desk: Client, order: Order
) -> None:
    order.identity_conflict = "Another birth date."
    order.save()
    HeldChange.objects.create(
        order=order,
        inbound=last_inbound(),
        differences=[
            {"field": "laterality", "label": "Side", "ours": "LEFT", "theirs": "RIGHT"}
        ],
    )
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert "Whose order is this? Another birth date." in text
    assert (
        "A change waits for a decision. Side: Left here, the message says Right" in text
    )


def test_decided_changes_are_no_longer_announced(desk: Client, order: Order) -> None:
    HeldChange.objects.create(order=order, state=HeldChange.State.REJECTED)
    assert "waits for a decision" not in text_of(desk.get(f"/orders/{order.pk}/"))


def test_orders_that_belong_together_lead_to_each_other(
    desk: Client, order: Order
) -> None:
    parent, new = make_order(), make_order(accession_number="SHARED1")
    Order.objects.filter(pk=order.pk).update(parent=parent)
    Order.objects.filter(pk=new.pk).update(replaces=order)
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert "Parent CT pulmonary angiogram" in text
    assert "Stands for this now CT pulmonary angiogram" in text
    assert "Part of this CT hip" in text_of(desk.get(f"/orders/{parent.pk}/"))
    assert "Replaced by this CT hip" in text_of(desk.get(f"/orders/{new.pk}/"))


def test_the_page_takes_as_many_queries_for_thirty_entries_as_for_one(
    interface_desk: Client, order: Order
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert interface_desk.get(f"/orders/{order.pk}/").status_code == 200
        return len(seen)

    queries()
    few = queries()
    for number in range(30):
        cause = Cause(actor="Hospital", inbound_id=last_inbound().pk)
        note(order_id=order.pk, kind="message", title="Again", cause=cause)
        keep_source(
            order,
            was={},
            now={"comments": f"{number}"},
            sources={},
            cause=cause,
        )
        make_order(parent=("P1", "EHRX"))
        HeldChange.objects.create(order=order, state="open")
    Order.objects.exclude(pk=order.pk).update(parent=order)
    queries()  # reads anew what is kept between two changes
    assert queries() == few
    assert OrderEvent.objects.filter(order=order).count() > 30


def test_the_stations_that_were_told_are_named_with_first_and_last_time(
    desk: Client, order: Order
) -> None:
    assert "No station has looked it up yet" in text_of(
        desk.get(f"/orders/{order.pk}/")
    )
    answer = DicomExchange.objects.create(
        kind="C-FIND", calling_ae="CT1_AE", called_ae="RADFLOW", address="x", status=0
    )
    WorklistServed.objects.create(
        order=order,
        calling_ae="CT1_AE",
        first_at=timezone.now(),
        last_at=timezone.now(),
        times=3,
        first_exchange=answer,
        last_exchange=answer,
    )
    response = desk.get(f"/orders/{order.pk}/")
    assert "CT1_AE was told 3 times" in text_of(response)
    assert f'href="/exchanges/{answer.pk}/"' in response.content.decode()


def test_every_view_is_recorded(desk: Client, order: Order) -> None:
    desk.get(f"/orders/{order.pk}/")
    desk.get(f"/orders/{order.pk}/timeline/")
    seen = AuditEntry.objects.filter(order_id=order.pk, actor__isnull=False)
    actions = list(seen.order_by("id").values_list("action", flat=True))
    assert actions == ["order_viewed", "timeline_viewed"]


def test_people_without_the_right_see_nothing(
    outsider: User, client_for: Callable[[User], Client], order: Order
) -> None:
    for address in (f"/orders/{order.pk}/", f"/orders/{order.pk}/timeline/"):
        assert client_for(outsider).get(address).status_code == 403
        assert Client().get(address).status_code == 302


def test_the_tab_title_names_nobody(desk: Client, order: Order) -> None:
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    title = html.partition("<title>")[2].partition("</title>")[0]
    assert "Okafor" not in title
    assert "700123" not in title


def test_the_line_of_progress_ends_where_the_exam_stopped(
    desk: Client, order: Order
) -> None:
    record_event(
        order_id=order.pk, event=Event.CANCEL, cause=Cause(), detail="Ordered twice"
    )
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    track = html.partition('class="track"')[2].partition("</ol>")[0]
    assert [state in track for state in ("Ordered", "Arrived", "Cancelled")] == [
        True,
        False,
        True,
    ]
    assert "Cancelled: Ordered twice" in html


def test_a_replaced_order_ends_its_line_of_progress(desk: Client, order: Order) -> None:
    record_event(order_id=order.pk, event=Event.REPLACE, cause=Cause())
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert "Replaced" in text


def test_names_in_sources_are_text_never_markup(desk: Client, order: Order) -> None:
    keep_source(
        order.patient,
        was={"family_name": "<b>"},
        now={"family_name": "<img src=x>"},
        sources={"family_name": "PID-5.1"},
        cause=Cause(actor="<i>"),
    )
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    assert "<img" not in html
    assert "<i>" not in html


def test_a_change_by_message_is_told_with_what_was_before(
    desk: Client, order: Order
) -> None:
    deliver(
        order_message(
            control_id="C2",
            control="XO",
            obr="CTHIP^CT hip^99RADFLOW",
            more="|||||||||||HIP^^^^RT",
        )
    )
    order.refresh_from_db()
    assert order.laterality == "RIGHT"
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert "RIGHT , changed from LEFT" in text


def test_the_slot_says_who_booked_it(
    desk: Client, order: Order, coordinator: User
) -> None:
    station = StationFactory.create(modality=order.modality)
    cause = Cause(user=coordinator)
    start = timezone.now().replace(microsecond=0) + timedelta(hours=3)
    book_step(order_id=order.pk, room_id=station.room_id, start=start, cause=cause)
    text = text_of(desk.get(f"/orders/{order.pk}/"))
    assert f"booked by {coordinator.display_name}" in text
