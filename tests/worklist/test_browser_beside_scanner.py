"""One exam, told by the technologist's browser and by the scanner: one transition."""

from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order, SafetyQuestion
from radflow.accounts.models import User
from tests.factories import ProcedureFactory
from tests.worklist.at_the_gate import begun
from tests.worklist.department import Department
from tests.worklist.example import example_12_1
from tests.worklist.scanner import change, create, ended, performed, status_of
from worklist.exceptions import ScannerStillRunning
from worklist.models import PerformedStep, Station, Study
from worklist.selectors.recording import unrecorded
from worklist.services import discontinue_exam, end_exam


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


def states_told(order: Order) -> list[str]:
    moves = order.events.exclude(to_status="").order_by("id")
    return list(moves.values_list("to_status", flat=True))


def test_a_scanner_that_joins_a_begun_exam_makes_no_second_transition(
    department: Department, order: Order, technologist: User
) -> None:
    begun(order, technologist)
    create(department, performed(order))
    with pytest.raises(ScannerStillRunning):
        end_exam(order_id=order.pk, cause=Cause(user=technologist))
    change(department, ended())
    assert status_of(order) == ExamState.PERFORMED
    assert states_told(order).count("in_progress") == 1
    assert not PerformedStep.objects.filter(status="IN PROGRESS").exists()


def test_a_scanner_that_reports_after_the_end_in_the_browser_changes_nothing(
    department: Department, order: Order, technologist: User
) -> None:
    begun(order, technologist)
    end_exam(order_id=order.pk, cause=Cause(user=technologist))
    create(department, performed(order))
    assert status_of(order) == ExamState.PERFORMED
    change(department, ended())
    assert states_told(order)[-2:] == ["in_progress", "performed"]
    assert Study.objects.get(order=order).instance_count == 2


def test_a_stop_in_the_browser_is_final_and_names_its_reason(
    department: Department, order: Order, technologist: User
) -> None:
    begun(order, technologist)
    create(department, performed(order))
    cause = Cause(user=technologist)
    discontinue_exam(order_id=order.pk, cause=cause, reason="110505")
    assert status_of(order) == ExamState.DISCONTINUED
    stop = order.events.get(to_status=ExamState.DISCONTINUED)
    assert stop.detail == "Patient refused to continue procedure"
    assert change(department, ended()) == 0x0110
    assert status_of(order) == ExamState.DISCONTINUED


def test_a_scanner_begins_and_ends_whatever_is_asked_or_recorded(
    department: Department, order: Order
) -> None:
    ProcedureFactory.create(code="CTPA", contrast=True, needs_protocol=True)
    SafetyQuestion.objects.create(code="EGFR", text="eGFR", kind="number")
    assert create(department, performed(order)) == 0
    assert change(department, ended()) == 0
    assert status_of(order) == ExamState.PERFORMED
    assert unrecorded([Order.objects.get(pk=order.pk)])
