"""What a coordinator does with two records, and with a merge."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import combinations

import pytest
from django.test import Client
from django.utils import timezone

from orders.cause import Cause
from orders.models import DuplicateCandidate, HeldChange, MergeJournal, Order, Patient
from orders.requests import Identifier
from orders.services import note, warn_of_identity
from orders.services.merging import merge_by_hand
from orders.services.unmerging import undo_merge
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import make_order, patient_request
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db

LISTED = "/reconciliation/?kind=merged"


def ordered(mrn: str, **values: object) -> Order:
    born = {"birth_date": date(1980, 5, 14), **values}
    numbers = (Identifier(mrn, "GENHOSP"),)
    return make_order(patient=patient_request(identifiers=numbers, **born))


@pytest.fixture
def pair(db: None) -> DuplicateCandidate:
    first, second = ordered("1"), ordered("2", given_name="Adah")
    found, _ = DuplicateCandidate.objects.update_or_create(
        first=first.patient,
        second=second.patient,
        defaults={"reasons": ["same birth date"]},
    )
    return found


def merged() -> tuple[MergeJournal, Order]:
    """Record 2 went over to 1, with its order."""
    winner, loser = ordered("1").patient, ordered("2")
    journal = merge_by_hand(
        survivor_id=winner.pk, retired_id=loser.patient_id, cause=Cause(actor="test")
    )
    return journal, loser


def test_an_exam_that_changed_patient_is_listed_until_it_is_seen(
    desk: Client,
) -> None:
    journal, order = merged()
    undo_merge(journal_id=journal.pk, reason="Twins", cause=Cause(actor="test"))
    assert "Merge taken back" not in text_of(desk.get(LISTED))
    Order.objects.filter(pk=order.pk).update(report_status="final")
    again = {"survivor_id": journal.survivor_id, "retired_id": journal.retired_id}
    journal = merge_by_hand(**again, cause=Cause(actor="test"))
    assert "Patient merged" in text_of(desk.get(LISTED))
    undo_merge(journal_id=journal.pk, reason="Twins", cause=Cause(actor="test"))
    warn_of_identity(
        order_id=order.pk,
        told=patient_request(family_name="Hart"),
        cause=Cause(actor="test"),
    )
    assert "Merge taken back" in text_of(desk.get(LISTED))


def test_both_records_stand_side_by_side(
    desk: Client, pair: DuplicateCandidate
) -> None:
    text = text_of(desk.get(f"/patients/duplicates/{pair.pk}/"))
    assert "Name Okafor, Ada Okafor, Adah differs" in text
    assert "Born 14-May-1980 14-May-1980 same" in text
    assert "1 order, 0 visits" in text
    seen = AuditEntry.objects.filter(action="patient_viewed")
    assert {each.patient_id for each in seen} == {pair.first_id, pair.second_id}


def test_the_pairs_to_look_at_are_listed(
    desk: Client, pair: DuplicateCandidate
) -> None:
    assert "same birth date" in text_of(desk.get("/patients/duplicates/"))
    assert "1 pair of records" in text_of(desk.get("/patients/"))


def test_the_chosen_record_stays_and_the_other_leads_to_it(
    desk: Client, pair: DuplicateCandidate
) -> None:
    data = {"survivor": pair.second_id, "compared": "on"}
    response = desk.post(f"/patients/duplicates/{pair.pk}/merge/", data)
    assert response.headers["Location"] == f"/patients/{pair.second_id}/"
    pair.refresh_from_db()
    assert pair.state == DuplicateCandidate.State.MERGED
    assert Patient.objects.get(pk=pair.first_id).merged_into_id == pair.second_id
    assert Order.objects.filter(patient=pair.second_id).count() == 2
    assert "No pair to compare" in text_of(desk.get("/patients/duplicates/"))


@pytest.mark.parametrize("said", [{}, {"compared": "on"}, {"survivor": "first"}])
def test_nothing_is_merged_before_both_were_compared_and_one_chosen(
    desk: Client, pair: DuplicateCandidate, said: dict[str, str]
) -> None:
    if "survivor" in said:
        said = {"survivor": str(pair.first_id)}
    response = desk.post(f"/patients/duplicates/{pair.pk}/merge/", said)
    assert response.status_code == 400
    assert "Nothing was merged" in text_of(response)
    assert not MergeJournal.objects.exists()


def test_a_stranger_to_the_pair_cannot_be_the_survivor(
    desk: Client, pair: DuplicateCandidate
) -> None:
    stranger = ordered("9").patient_id
    data = {"survivor": stranger, "compared": "on"}
    response = desk.post(f"/patients/duplicates/{pair.pk}/merge/", data)
    assert response.status_code == 400


def test_two_people_stay_apart_for_good_with_the_reason_kept(
    desk: Client, pair: DuplicateCandidate, coordinator: User
) -> None:
    address = f"/patients/duplicates/{pair.pk}/dismiss/"
    assert desk.post(address, {"note": " "}).status_code == 400
    assert desk.post(address, {"note": "Twins, asked both"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.note) == ("dismissed", "Twins, asked both")
    assert pair.decided_by == coordinator
    again = desk.post(address, {"note": "Again"})
    assert again.status_code == 409
    assert "decided this meanwhile" in text_of(again)
    assert "Twins, asked both" in text_of(again)


def test_only_coordinators_decide(
    technologist: User, client_for: Callable[[User], Client], pair: DuplicateCandidate
) -> None:
    client = client_for(technologist)
    text = text_of(client.get(f"/patients/duplicates/{pair.pk}/"))
    assert "A coordinator decides" in text
    journal = MergeJournal.objects.create(
        kind="merge", survivor=pair.first, retired=pair.second, at=timezone.now()
    )
    for address in (
        f"/patients/duplicates/{pair.pk}/merge/",
        f"/patients/duplicates/{pair.pk}/dismiss/",
        f"/patients/merges/{journal.pk}/undo/",
    ):
        assert client.post(address).status_code == 403


def test_what_happened_since_the_merge_is_shown_first(desk: Client) -> None:
    journal, order = merged()
    note(order_id=order.pk, kind="note", title="Scanned", cause=Cause(actor="CT 1"))
    text = text_of(desk.get(f"/patients/merges/{journal.pk}/undo/"))
    assert order.accession_number in text
    assert text.index("Scanned") < text.index("Take it back")


def test_a_merge_is_taken_back_with_a_reason(desk: Client, coordinator: User) -> None:
    journal, order = merged()
    address = f"/patients/merges/{journal.pk}/undo/"
    assert desk.post(address, {"reason": ""}).status_code == 400
    response = desk.post(address, {"reason": "Father and son"}, follow=True)
    assert "Father and son" in text_of(response)
    journal.refresh_from_db()
    assert journal.undone_by == coordinator
    order.refresh_from_db()
    assert order.patient_id == journal.retired_id
    again = desk.post(address, {"reason": "Again"})
    assert again.status_code == 409
    assert "taken back already" in text_of(again)


def test_every_merge_is_listed_newest_first_with_who_and_why(
    desk: Client, coordinator: User
) -> None:
    journal, _ = merged()
    page = desk.get("/patients/merges/")
    assert f'href="/patients/merges/{journal.pk}/undo/"' in page.content.decode()
    assert "Patients merged, test" in text_of(page)
    number = journal.survivor.identifiers.get(retired_at__isnull=False).value
    assert number in text_of(page).partition("Merged away")[2]
    undo_merge(journal_id=journal.pk, reason="Twins", cause=Cause(user=coordinator))
    page = desk.get("/patients/merges/", headers={"X-Fragment": "1"})
    assert f"by {coordinator.display_name}: Twins" in text_of(page)
    assert "/undo/" not in page.content.decode()
    assert b"<html" not in page.content
    assert AuditEntry.objects.filter(action="merges_listed").count() == 2


def test_programs_read_merges_and_pairs_of_a_person(
    desk: Client, pair: DuplicateCandidate
) -> None:
    winner, loser = ordered("3").patient, ordered("4").patient
    journal = merge_by_hand(
        survivor_id=winner.pk, retired_id=loser.pk, cause=Cause(actor="test")
    )
    merges = "/api/v1/merges/"
    assert desk.get(merges, {"undone": "true"}).json()["results"] == []
    (found,) = desk.get(merges, {"patient": str(journal.retired_id)}).json()["results"]
    assert (found["id"], found["by"], found["undone_by"]) == (journal.pk, "test", "")
    assert desk.post(merges, {}).status_code == 405
    rows = desk.get(
        "/api/v1/duplicates/", {"patient": str(pair.first_id), "state": "open"}
    ).json()["results"]
    reasons = {row["id"]: row["reasons"] for row in rows}
    assert reasons[pair.pk] == ["same birth date"]
    seen = AuditEntry.objects.filter(action="duplicates_listed")
    assert seen.count() == 1


def test_pairs_come_in_pages(desk: Client, pair: DuplicateCandidate) -> None:
    people = [ordered(str(number)).patient for number in range(10, 18)]
    DuplicateCandidate.objects.all().delete()
    DuplicateCandidate.objects.bulk_create(
        DuplicateCandidate(first=first, second=second)
        for first, second in combinations(people, 2)
    )
    pages = [
        desk.get("/patients/duplicates/", {"page": number}).content.decode()
        for number in (1, 2)
    ]
    assert "1 to 25 of 28" in pages[0]
    found = [re.findall(r'id="pair-(\d+)"', page) for page in pages]
    assert [len(each) for each in found] == [25, 3]
    assert len({pk for each in found for pk in each}) == 28


def test_a_kind_of_mismatch_comes_in_pages_and_the_first_of_it_among_all(
    desk: Client,
) -> None:
    for _ in range(30):
        make_order()
    Order.objects.update(identity_conflict="Whose is it?")
    everything = desk.get("/reconciliation/").content.decode()
    assert everything.count("Whose is it?") == 5
    assert "25 more after these" in everything
    assert 'href="/reconciliation/?kind=identity"' in everything
    pages = [
        desk.get("/reconciliation/", {"kind": "identity", "page": number})
        for number in (1, 2)
    ]
    texts = [page.content.decode() for page in pages]
    assert [text.count("Whose is it?") for text in texts] == [25, 5]
    assert "?kind=identity&amp;page=2" in texts[0]
    shown = set(re.findall(r'class="id" href="/orders/(\d+)/"', "".join(texts)))
    assert len(shown) == 30


def test_changes_that_wait_come_in_pages(desk: Client) -> None:
    order = make_order()
    HeldChange.objects.bulk_create(HeldChange(order=order) for _ in range(30))
    pages = [
        desk.get("/orders/held/", {"page": number}).content.decode()
        for number in (1, 2)
    ]
    assert "1 to 25 of 30" in pages[0]
    assert [page.count('id="change-') for page in pages] == [25, 5]
