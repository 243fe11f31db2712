from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom.dataset import Dataset

from radflow.dicom.client import ScannerClient
from radflow.dicom.exchange import AssociationInfo
from radflow.dicom.mpps import (
    DUPLICATE,
    UNKNOWN,
    Problem,
    merge,
    validate_create,
    validate_set,
)
from tests.dicom.builders import dataset, performed, series
from tests.dicom.conftest import Serve

Connect = Callable[..., ScannerClient]


class Steps:
    """The smallest store a performed step service can have."""

    def __init__(self) -> None:
        self.stored: dict[str, Dataset] = {}

    def create(self, uid: str, step: Dataset, info: AssociationInfo) -> Problem | None:
        if uid in self.stored:
            return DUPLICATE
        problem = validate_create(step)
        if problem is None:
            self.stored[uid] = step
        return problem

    def change(
        self, uid: str, change: Dataset, info: AssociationInfo
    ) -> Problem | None:
        if uid not in self.stored:
            return UNKNOWN
        step = self.stored[uid]
        review = validate_set(change, step.PerformedProcedureStepStatus)
        if review.problem is None or review.problem.is_warning:
            self.stored[uid] = merge(step, change, ignored=review.ignored)
        return review.problem

    def get(self, uid: str, info: AssociationInfo) -> Dataset | Problem:
        return self.stored.get(uid, UNKNOWN)


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def client(serve: Serve, scanner: Connect, steps: Steps) -> ScannerClient:
    return scanner(
        serve(
            on_mpps_create=steps.create,
            on_mpps_set=steps.change,
            on_mpps_get=steps.get,
        )
    )


COMPLETED = dataset(
    PerformedProcedureStepStatus="COMPLETED", PerformedSeriesSequence=[series()]
)


def test_a_step_is_created_completed_and_read_back(
    client: ScannerClient, steps: Steps
) -> None:
    assert client.mpps_create("1.2.3", performed()).status == 0
    assert client.mpps_set("1.2.3", COMPLETED).status == 0
    reply, step = client.mpps_get("1.2.3")
    assert reply.status == 0
    assert step is not None
    assert step.PerformedProcedureStepStatus == "COMPLETED"


def test_the_same_step_twice_is_a_duplicate(client: ScannerClient) -> None:
    client.mpps_create("1.2.3", performed())
    assert client.mpps_create("1.2.3", performed()).status == 0x0111


def test_a_change_before_the_create_is_unknown(client: ScannerClient) -> None:
    assert client.mpps_set("1.2.3", COMPLETED).status == 0x0112


def test_a_final_step_answers_with_error_id_and_comment(
    client: ScannerClient,
) -> None:
    client.mpps_create("1.2.3", performed())
    client.mpps_set("1.2.3", COMPLETED)
    reply = client.mpps_set("1.2.3", COMPLETED)
    assert (reply.status, reply.error_id) == (0x0110, 0xA710)
    assert reply.comment == "Performed Procedure Step Object may no longer be updated"


def test_a_warning_is_carried_out_and_told(client: ScannerClient, steps: Steps) -> None:
    client.mpps_create("1.2.3", performed())
    change = dataset(PatientID="other", PerformedProcedureStepDescription="Head")
    assert client.mpps_set("1.2.3", change).status == 0x0107
    assert steps.stored["1.2.3"].PatientID == "MRN-0017"
    assert steps.stored["1.2.3"].PerformedProcedureStepDescription == "Head"


def test_a_missing_attribute_is_refused(client: ScannerClient) -> None:
    assert client.mpps_create("1.2.3", dataset(Modality="CT")).status == 0x0120


def test_a_create_without_any_attribute_is_refused(client: ScannerClient) -> None:
    assert client.mpps_create("1.2.3", Dataset()).status == 0x0120


def test_a_failing_callback_is_a_processing_failure_and_logs_no_value(
    serve: Serve, scanner: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(uid: str, step: Dataset, info: AssociationInfo) -> None:
        raise ValueError(str(step.PatientName))

    server = serve(on_mpps_create=fails)
    assert scanner(server).mpps_create("1.2.3", performed()).status == 0x0110
    assert "ValueError" in caplog.text
    assert "Okafor" not in caplog.text
