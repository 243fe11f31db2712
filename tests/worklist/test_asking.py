"""Archives are asked each for itself: what one of them breaks stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from orders.models import Order
from tests.worklist.department import Department
from tests.worklist.example import example_12_1
from tests.worklist.pacs import Pacs
from tests.worklist.test_images import node_of, scan, study_at
from worklist.models import DicomNode, Station, Study
from worklist.services.asking import ask_archives


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    running = Pacs()
    yield running
    running.stop()


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of one that answers echoes and takes no query."""
    entity = AE("DEAF")
    entity.add_supported_context(Verification, ExplicitVRLittleEndian)
    server: Any = entity.start_server(("127.0.0.1", 0), block=False)
    yield server.server_address[1]
    server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "no..name"])
def test_an_archive_that_cannot_be_asked_stops_no_other(
    department: Department, order: Order, pacs: Pacs, deaf: int, host: str
) -> None:
    """Named to be asked first, and kept with its fault."""
    first = node_of(pacs, name="A", ae_title="DEAF", port=deaf, host=host)
    DicomNode.objects.filter(pk=first.pk).update(is_archive=True)
    node_of(pacs, is_archive=True)
    study_at(pacs)
    scan(department, order)
    assert ask_archives() == 1
    assert Study.objects.get(order=order).archived_instances == 2
    first.refresh_from_db()
    assert first.fault
    assert DicomNode.objects.get(name="Archive").fault == ""


def test_an_answer_that_cannot_be_read_stops_no_other(
    department: Department, order: Order, pacs: Pacs
) -> None:
    other = Pacs()
    try:
        node_of(other, name="A", is_archive=True, ae_title="OTHER")
        node_of(pacs, is_archive=True)
        study_at(other, uid=order.study_instance_uid)
        other.series[0].NumberOfSeriesRelatedInstances = 10**10  # more than is kept
        study_at(pacs)
        scan(department, order)
        assert ask_archives() == 1
    finally:
        other.stop()
    assert Study.objects.get(order=order).archived_instances == 2
    assert DicomNode.objects.get(name="A").fault == "not understood (DataError)"
