"""The two-identifier check of standards.md section 10."""

from __future__ import annotations

import pytest

from orders.identity import Comparison, compare
from orders.models import Patient
from tests.factories import patient_request

ADA = {
    "family_name": "Okafor",
    "given_name": "Ada",
    "birth_date_text": "19800514",
    "sex": "F",
}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Comparison.SAME),
        ({"family_name": "OKAFOR"}, Comparison.SAME),
        ({"family_name": "Ökafor"}, Comparison.SAME),
        ({"given_name": "A"}, Comparison.SAME),
        ({"given_name": ""}, Comparison.SAME),
        ({"family_name": "Unknown"}, Comparison.SAME),
        ({"birth_date_text": "1980"}, Comparison.SAME),
        ({"family_name": "Bello"}, Comparison.WARN),
        ({"birth_date_text": "19800515"}, Comparison.WARN),
        ({"sex": "M"}, Comparison.WARN),
        ({"given_name": "Ida"}, Comparison.CONFLICT),
        (
            {"family_name": "Bello", "birth_date_text": "19800515"},
            Comparison.CONFLICT,
        ),
        ({"family_name": "Bello", "sex": "M"}, Comparison.CONFLICT),
        ({"birth_date_text": "19800515", "sex": "M"}, Comparison.CONFLICT),
    ],
)
def test_compares_person_and_message(
    change: dict[str, str], verdict: Comparison
) -> None:
    assert compare(Patient(**ADA), patient_request(**change)) is verdict


def test_a_name_of_one_ideograph_is_no_initial() -> None:
    person = Patient(**{**ADA, "family_name": "王", "given_name": "明"})
    twin = patient_request(family_name="王", given_name="明华")
    assert compare(person, twin) is Comparison.CONFLICT
