"""The two-identifier check of standards.md section 10."""

from __future__ import annotations

import pytest

from orders.identity import Comparison, compare, fold
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
        ({"family_name": "Brandt", "given_name": "Karla"}, Comparison.CONFLICT),
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


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (("山田", "太郎", ""), Comparison.SAME),
        (("山田", "花子", ""), Comparison.CONFLICT),
        (("佐藤", "花子", ""), Comparison.CONFLICT),
        (("Yamada", "Taro", "山田^太郎"), Comparison.SAME),
        (("Ямада", "Таро", ""), Comparison.WARN),
        (("Ямада", "Таро", "佐藤^花子"), Comparison.CONFLICT),
    ],
)
def test_names_are_compared_in_a_script_that_both_have(
    told: tuple[str, str, str], verdict: Comparison
) -> None:
    person = Patient(
        **{**ADA, "family_name": "Yamada", "given_name": "Taro"},
        name_ideographic="山田^太郎^^^",
    )
    family, given, ideographic = told
    request = patient_request(
        family_name=family, given_name=given, name_ideographic=ideographic
    )
    assert compare(person, request) is verdict


def test_names_without_a_common_script_excuse_no_other_difference() -> None:
    person = Patient(**ADA)
    told = {"family_name": "山田", "given_name": "太郎"}
    assert compare(person, patient_request(**told)) is Comparison.WARN
    assert compare(Patient(family_name="Unknown"), patient_request(**told)) is (
        Comparison.SAME
    )
    other = patient_request(**{**told, "birth_date_text": "19800515"})
    assert compare(person, other) is Comparison.CONFLICT


@pytest.mark.parametrize(
    ("one", "other"), [("かき", "がき"), ("राम", "रमा"), ("มาลี", "มาลา")]
)
def test_marks_that_are_no_accents_make_another_name(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("accented", ["Ökafor", "Άννα", "Йосиф"])
def test_accents_make_no_other_name(accented: str) -> None:
    plain = {"Ökafor": "OKAFOR", "Άννα": "ΑΝΝΑ", "Йосиф": "ИОСИФ"}
    assert fold(accented) == plain[accented]
