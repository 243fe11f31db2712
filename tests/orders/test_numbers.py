"""Numbers that we give (standards.md sections 0, D9, and 1)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from orders.models import Order
from orders.numbers import accession_by
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory


@pytest.mark.parametrize(
    ("scheme", "given"),
    [("N{yy}{n:08}", r"N\d\d00000042"), ("{n}", "42"), ("WEST-{n:04}", "WEST-0042")],
)
def test_the_scheme_of_the_site_is_followed(scheme: str, given: str) -> None:
    assert re.fullmatch(given, accession_by(scheme, 42))


@pytest.mark.parametrize(
    "scheme", ["", "{yy}", "{x}-{n}", "A-LONG-PREFIX-{n:06}", "{n"]
)
def test_a_scheme_that_cannot_work_is_said_at_the_start(
    scheme: str, settings: Any
) -> None:
    settings.ACCESSION_SCHEME = scheme
    with pytest.raises(ImproperlyConfigured):
        accession_by(scheme, 42)
    assert [one.id for one in run_checks() if one.id == "orders.E001"]


@pytest.mark.django_db(transaction=True)
def test_an_order_without_an_accession_gets_one_of_the_site(settings: Any) -> None:
    settings.ACCESSION_SCHEME = "S7-{n:06}"
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message(), order_message(control_id="C2", placer="P2"))
    numbers = {order.accession_number for order in Order.objects.all()}
    assert len(numbers) == 2
    assert all(re.fullmatch(r"S7-\d{6}", number) for number in numbers)
