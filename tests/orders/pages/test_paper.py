from __future__ import annotations

import re
from base64 import b64decode
from html import unescape

import pytest
from django.test import Client

from orders.models import Order
from radflow.audit.models import AuditEntry
from radflow.codes import code128, qr
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db(transaction=True)


def images(html: str) -> list[str]:
    return [unescape(src) for src in re.findall(r'<img[^>]* src="([^"]+)"', html)]


def test_a_requisition_has_the_accession_as_barcode_and_square(
    desk: Client, order: Order
) -> None:
    response = desk.get(f"/orders/{order.pk}/requisition/")
    text = text_of(response)
    for shown in ("Okafor", "CT hip", "LEFT", order.accession_number, "14-May-1980"):
        assert shown in text
    accession = order.accession_number
    assert images(response.content.decode()) == [code128(accession), qr(accession)]


def test_a_wristband_has_the_identifier_that_the_gate_asks_for(
    desk: Client, order: Order
) -> None:
    response = desk.get(f"/patients/{order.patient_id}/wristband/")
    mrn = order.patient.identifiers.get().value
    assert mrn in text_of(response)
    assert images(response.content.decode()) == [code128(mrn), qr(mrn)]


def test_codes_are_pictures_without_scripts() -> None:
    for made in (code128("26-000001"), qr("26-000001")):
        svg = b64decode(made.partition(",")[2])
        assert b"<svg" in svg
        assert b"<script" not in svg


def test_what_was_printed_is_on_the_record(desk: Client, order: Order) -> None:
    desk.get(f"/orders/{order.pk}/requisition/")
    entry = AuditEntry.objects.get(action="requisition_printed")
    assert (entry.order_id, entry.patient_id) == (order.pk, order.patient_id)
