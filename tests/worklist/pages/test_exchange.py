from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from radflow.accounts.models import User
from tests.worklist.pages.markup import text_of
from worklist.models import DicomExchange

pytestmark = pytest.mark.django_db


def test_a_request_is_shown_attribute_by_attribute(
    at_board: Client, outsider: User, client_for: Callable[[User], Client]
) -> None:
    inner = {"00080060": {"vr": "CS", "Value": ["CT"]}}
    exchange = DicomExchange.objects.create(
        kind="C-FIND",
        calling_ae="CT1_AE",
        called_ae="RADFLOW",
        address="127.0.0.1",
        status=0xC001,
        comment="Too many",
        request={
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Okafor^Ada"}]},
            "00100020": {"vr": "LO"},
            "00091001": {"vr": "UN"},
            "00400100": {"vr": "SQ", "Value": [inner]},
        },
    )
    text = text_of(at_board.get(f"/exchanges/{exchange.pk}/"))
    for shown in ("Patient's Name", "Okafor^Ada", "Modality", "Private", "0xC001"):
        assert shown.replace("'", "&#x27;") in text
    assert client_for(outsider).get(f"/exchanges/{exchange.pk}/").status_code == 403
