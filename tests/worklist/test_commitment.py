"""What archives say they will keep, told over real associations with role selection."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from pydicom.dataset import Dataset

from orders.models import Order
from radflow.dicom import statuses
from radflow.dicom.commitment import ALL_COMMITTED, SOME_FAILED
from tests.dicom.builders import dataset, series
from tests.factories import UserFactory
from tests.worklist.department import Department
from tests.worklist.example import example_12_1
from tests.worklist.scanner import change, create, ended, performed
from worklist.models import CommitmentResult, DicomExchange, DicomNode, Station, Study
from worklist.selectors.performed import steps_with_instances

CT = "1.2.840.10008.5.1.4.1.1.2"
IMAGES = ["1.2.77.1", "1.2.77.2", "1.2.77.3"]


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    """Scanned: three images, and an archive that is known."""
    DicomNode.objects.create(
        name="Archive", ae_title="PACS", host="pacs", port=104, is_archive=True
    )
    order = example_12_1()
    create(department, performed(order))
    told = ended()
    images = [
        dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid)
        for uid in IMAGES
    ]
    told.PerformedSeriesSequence = [series(ReferencedImageSequence=images)]
    assert change(department, told) == 0
    return order


def result(failed: dict[str, int] | None = None, **changes: Any) -> Dataset:
    wrong = failed or {}
    kept = [uid for uid in IMAGES if uid not in wrong]
    values: dict[str, Any] = {
        "TransactionUID": "1.2.88.1",
        "ReferencedSOPSequence": [_named(uid) for uid in kept],
    }
    if wrong:
        values["FailedSOPSequence"] = [
            _named(uid, FailureReason=reason) for uid, reason in wrong.items()
        ]
    return dataset(**{**values, **changes})


def _named(uid: str, **more: Any) -> Dataset:
    return dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid, **more)


def told(
    department: Department, event: int, values: Dataset, caller: str = "PACS"
) -> int:
    return department.scanner(caller).report_commitment(event, values).status


def test_a_whole_commitment_is_kept_with_the_study(
    department: Department, order: Order, client: Client
) -> None:
    assert told(department, ALL_COMMITTED, result()) == 0
    kept = CommitmentResult.objects.get()
    assert (kept.study.order, kept.committed, kept.failed) == (order, 3, 0)
    assert order.events.filter(title="The archive keeps the images").count() == 1
    client.force_login(UserFactory.create(role="radiologist"))
    page = client.get(f"/studies/{kept.study_id}/").content.decode()
    assert "3 images kept" in page
    rest = client.get(f"/api/v1/studies/{kept.study_id}/").json()
    assert rest["commitments"][0]["committed"] == 3


def test_what_failed_is_named_and_alarms(
    department: Department, order: Order, client: Client
) -> None:
    wrong = {IMAGES[0]: 0x0112, IMAGES[1]: 0x0213}
    assert told(department, SOME_FAILED, result(wrong)) == 0
    kept = CommitmentResult.objects.get()
    assert (kept.committed, kept.failed) == (1, 2)
    assert kept.reasons == {"0112": 1, "0213": 1}
    order.refresh_from_db()
    assert "will not keep all images" in order.needs_attention
    client.force_login(UserFactory.create(role="coordinator"))
    page = client.get(f"/studies/{kept.study_id}/").content.decode()
    assert "1 image kept" in page and "2 not kept" in page
    assert "No room there: 1" in page


def test_the_same_told_again_changes_nothing(
    department: Department, order: Order
) -> None:
    for _again in range(2):
        assert told(department, ALL_COMMITTED, result()) == 0
    assert CommitmentResult.objects.count() == 1
    assert order.events.filter(title="The archive keeps the images").count() == 1


def test_only_what_is_of_the_study_counts(department: Department, order: Order) -> None:
    values = result()
    values.ReferencedSOPSequence.append(_named("1.2.99.9"))
    assert told(department, ALL_COMMITTED, values) == 0
    assert CommitmentResult.objects.get().committed == 3


def test_instances_that_nobody_named_are_evidence_only(
    department: Department, order: Order
) -> None:
    values = result(ReferencedSOPSequence=[_named("1.2.99.9")])
    assert told(department, ALL_COMMITTED, values) == 0
    assert not CommitmentResult.objects.exists()
    assert DicomExchange.objects.filter(kind="N-EVENT", status=0).exists()


@pytest.mark.parametrize(
    ("event", "changes", "status"),
    [
        (3, {}, statuses.NO_SUCH_EVENT_TYPE),
        (ALL_COMMITTED, {"TransactionUID": ""}, statuses.INVALID_ARGUMENT),
        (ALL_COMMITTED, {"ReferencedSOPSequence": []}, statuses.INVALID_ARGUMENT),
        (SOME_FAILED, {}, statuses.INVALID_ARGUMENT),
    ],
)
def test_what_is_no_result_is_refused(
    department: Department,
    order: Order,
    event: int,
    changes: dict[str, Any],
    status: int,
) -> None:
    assert told(department, event, result(**changes)) == status
    assert not CommitmentResult.objects.exists()


def test_only_an_archive_may_promise(department: Department, order: Order) -> None:
    status = told(department, ALL_COMMITTED, result(), caller="CT1_AE")
    assert status == statuses.NOT_AUTHORISED
    assert not CommitmentResult.objects.exists()
    assert Study.objects.filter(order=order).exists()


def test_instances_are_found_by_an_index(db: None) -> None:
    """Of a year's steps, whose data sets are long, none is read in vain."""
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")  # a GIN has bitmaps alone
        plan = steps_with_instances(IMAGES).explain()
    assert "performed_instances" in plan
