"""Rules of sequence are data of the catalogue, kept on a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import SequenceRule
from radflow.accounts.models import User
from tests.factories import ProcedureFactory

pytestmark = pytest.mark.django_db
RULE = {"earlier": " Barium ", "later": "", "hours": 96, "reason": "It hides"}


@pytest.fixture
def page(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


def test_a_rule_is_added_and_removed(page: Client) -> None:
    assert page.post("/catalogue/sequence/", RULE).status_code == 302
    rule = SequenceRule.objects.get()
    assert (rule.earlier, rule.hours) == ("barium", 96)
    assert b"Any exam" in page.get("/catalogue/sequence/").content
    again = page.post("/catalogue/sequence/", RULE)
    assert again.status_code == 400
    address = f"/catalogue/sequence/{rule.pk}/remove/"
    assert page.post(address).status_code == 302
    assert not SequenceRule.objects.exists()


def test_others_keep_no_rules(
    technologist: User, client_for: Callable[[User], Client]
) -> None:
    other = client_for(technologist)
    assert other.post("/catalogue/sequence/", RULE).status_code == 403


def test_set_up_and_classes_are_kept_by_form_and_file(page: Client) -> None:
    procedure = ProcedureFactory.create(code="CTX", setup_minutes=5)
    values = {
        "code": "CTX",
        "text": "CT",
        "system": "99RADFLOW",
        "modality": "CT",
        "duration_minutes": 20,
        "setup_minutes": 15,
        "cleanup_minutes": "",
        "fasting": "on",
        "sequence_classes": "Iodine, abdomen",
        "laterality": "optional",
        "active": "on",
        "version": 1,
    }
    address = f"/catalogue/{procedure.pk}/"
    assert page.post(address, values).status_code == 302
    procedure.refresh_from_db()
    assert (procedure.setup_minutes, procedure.cleanup_minutes) == (15, 0)
    assert procedure.classes == {"iodine", "abdomen"}
    long = page.post(address, {**values, "setup_minutes": 500, "version": 2})
    assert b"At most 240 minutes" in long.content
    table = page.get("/catalogue/export/").content.decode()
    assert "setup_minutes" in table.splitlines()[0]
    assert "15,0,1" in table
