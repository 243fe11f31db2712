"""The pages of orders and people in German; what is stored stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from orders.cause import Cause
from orders.models import Order
from orders.services import doubt_identity, hold
from orders.services.attention import PATIENT_DIFFERS
from orders.services.holding import PERSON
from orders.services.reassigning import FLAGS
from radflow.accounts.models import User
from radflow.accounts.templatetags.display import attention, titled
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db(transaction=True)
BY_MESSAGE = Cause(actor="Hospital")


@pytest.fixture
def german_desk(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    coordinator.language = "de"
    coordinator.save()
    return client_for(coordinator)


def test_a_timeline_is_read_in_german_and_kept_in_english(
    german_desk: Client, order: Order
) -> None:
    hold(order_id=order.pk, by=PERSON, cause=BY_MESSAGE, detail="Claustrophobia")
    text = text_of(german_desk.get(f"/orders/{order.pk}/"))
    for said in (
        "Auftrag empfangen ORM^O01 NW",
        "Study UID hier vergeben",
        "Seite LINKS",
        "Modalität CT Katalog",
        "Fall Keine",
        "Zurückgestellt durch eine Person hier.",
        "Claustrophobia",
    ):
        assert said in text
    kept = order.events.values_list("title", flat=True)
    assert set(kept) == {"Order received ORM^O01 NW", "Ordered", "On hold"}


def test_an_act_asks_and_refuses_in_german(german_desk: Client, order: Order) -> None:
    address = f"/orders/{order.pk}/act/hold/"
    page = text_of(german_desk.get(address))
    assert "Untersuchung zurückstellen" in page
    late = german_desk.post(address, {"reason": "Angst", "version": 0})
    assert "Nichts wurde gespeichert." in text_of(late)
    order.refresh_from_db()
    done = {"reason": "Angst", "version": order.version}
    after = german_desk.post(address, done, follow=True)
    assert "Untersuchung zurückgestellt." in text_of(after)
    assert order.events.latest("pk").title == "On hold"


def test_reconciliation_is_german_on_its_page_and_english_for_programs(
    german_desk: Client, order: Order
) -> None:
    doubt_identity(order_id=order.pk, reason=PATIENT_DIFFERS, cause=BY_MESSAGE)
    page = text_of(german_desk.get("/reconciliation/"))
    assert "Identität zweifelhaft" in page
    assert "Mit dem Armband vergleichen und den Patienten fragen." in page
    kinds = german_desk.get("/api/v1/reconciliation/").json()
    assert "Identity in doubt" in {kind["title"] for kind in kinds}


def test_a_form_says_our_words_and_not_those_of_django(german_desk: Client) -> None:
    page = text_of(german_desk.get("/catalogue/new/"))
    assert "Speichern" in page
    assert "Sichern" not in page


def test_every_alarm_of_a_merge_is_read_in_german() -> None:
    with translation.override("de"):
        unsaid = [flag for flag in FLAGS if "Compare" in attention(flag)]
        assert unsaid == []
        told = attention(f"Hospital. {next(iter(FLAGS))}")
        assert told.startswith("Hospital. Der Patient wurde während der Untersuchung")


def test_a_title_keeps_what_it_names_and_a_strange_one_stays() -> None:
    with translation.override("de"):
        assert titled("Receiver’s acknowledgement AA") == "Quittung des Empfängers AA"
        assert titled("ZDS read by contract ZDS 1") == "ZDS read by contract ZDS 1"
