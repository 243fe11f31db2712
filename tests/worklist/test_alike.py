"""Who of a day and site is easily taken for whom."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from orders.models import Order
from tests.factories import (
    RoomFactory,
    SiteFactory,
    StationFactory,
    make_order,
    patient_request,
)
from tests.worklist.pages.exams import booked
from worklist.alike import alike_of
from worklist.selectors.alike import LookAlikes, Person, look_alikes


def person(pk: int, family: str, given: str, born: str = "", mrn: str = "") -> Person:
    return Person(pk, family, given, None, born, mrn)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Okafor", "Ada"), ("Okafor", "Grace")),
        (("Smith", "Jo"), ("Smyth", "Jo")),
        (("Thomson", "James"), ("Thompson", "James")),
        (("Halvorsen", "Jane Anne"), ("Halversen", "Jan")),
        (("Meyer", "Anna"), ("Maier", "Anne")),
        (("HALVORSEN", "JANE"), ("Halvorsen", "jane")),
        (("Smith", "Jo", "19450714"), ("Smyth", "Petra", "19540714")),
        (("Smith", "Jo", "19450704"), ("Smyth", "Petra", "19450407")),
        (("Smith", "Jo", "", "00123456"), ("Smyth", "Petra", "", "00123465")),
        (("田中", "美咲"), ("田中", "美穂")),
        (("محمود", "ليلى"), ("محمود", "ليان")),
    ],
)
def test_these_are_taken_for_each_other(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first, second = person(1, *one), person(2, *other)
    assert LookAlikes([first, second]).of(first) == (second,)
    assert LookAlikes([first, second]).of(second) == (first,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Okafor", "Ada"), ("Mensah", "Ada")),
        (("Smith", "Jo"), ("Smyth", "Petra")),
        (("Smith", "Jo", "19450714", "00123456"), ("Smyth", "Al", "19801231", "7")),
        (("Smith", "Jo"), ("Schmitt-Jones", "Jo")),
        (("Amari", "Leila", "", "00123456"), ("Novak", "Li", "", "00123465")),
        (("李", "伟"), ("王", "伟")),
        (("", "Ada"), ("", "Ada")),
    ],
)
def test_these_are_not(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    first, second = person(1, *one), person(2, *other)
    assert LookAlikes([first, second]).of(first) == ()


def test_nobody_looks_like_themselves_and_the_likest_is_named() -> None:
    people = [
        person(1, "Halvorsen", "Jane"),
        person(2, "Halversen", "Jan"),
        person(3, "Halvorsen", "Jane", "19450714"),
    ]
    found = LookAlikes(people)
    assert [each.patient_id for each in found.of(people[0])] == [3, 2]
    assert all(a in found.of(b) for a, b in combinations(people, 2))
    warning = alike_of(people[1], "", found)
    assert warning is not None
    assert warning.more == 1
    assert warning.family == (("Halv", False), ("e", True), ("rsen", False))


@pytest.mark.django_db
def test_the_day_and_the_site_are_looked_at_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    here, away = (SiteFactory.create(code=code) for code in ("HERE", "AWAY"))
    ct, us, far = (
        StationFactory.create(room=RoomFactory.create(site=site))
        for site in (here, here, away)
    )
    thomson = booked(ct, mrn="1", accession="A1", family="Thomson", given="James")
    names = {"family": "Thompson", "given": "James"}
    near = booked(us, mrn="2", accession="A2", minutes=90, **names)
    booked(far, mrn="3", accession="A3", family="Thomsen", given="James")
    booked(us, mrn="4", accession="A4", family="Thomson", minutes=60 * 24 * 2)
    make_order(patient=patient_request(family_name="Zander"))
    with django_assert_num_queries(1):
        found = look_alikes(timezone.localdate(), here)
    warning = alike_of(thomson.patient, "1", found)
    assert warning is not None
    assert (warning.name, warning.mrn, warning.more) == ("Thompson, James", "2", 0)
    assert warning.place == f"{near.room_name} 13:30"
    assert look_alikes(date(2020, 1, 1), here).of(person(9, "Thomson", "James")) == ()


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_kept_until_something_is_told_to_the_pages(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ada = make_order(patient=patient_request(family_name="Quill", given_name="Ada"))
    today = timezone.localdate()
    assert look_alikes(today, None).of(_as_person(ada)) == ()
    with django_assert_num_queries(1):
        look_alikes(today, None)
    other = make_order(patient=patient_request(family_name="Quill", given_name="Ida"))
    (found,) = look_alikes(today, None).of(_as_person(ada))
    assert found.patient_id == other.patient_id


def _as_person(order: Order) -> Person:
    patient = order.patient
    return person(patient.pk, patient.family_name, patient.given_name)


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_takes_back_is_not_kept() -> None:
    today = timezone.localdate()
    ada = _as_person(make_order(patient=patient_request(family_name="Quill")))
    with transaction.atomic():
        make_order(patient=patient_request(family_name="Quill"))
        assert len(look_alikes(today, None).of(ada)) == 1
        transaction.set_rollback(True)
    make_order(patient=patient_request(family_name="Zander"))
    assert look_alikes(today, None).of(ada) == ()
