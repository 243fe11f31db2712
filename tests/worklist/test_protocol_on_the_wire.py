"""What a radiologist decided reaches scanners: pynetdicom and dcmtk both read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orders.models import ProtocolChoice
from orders.services.protocolling import Wanted, assign_protocol
from radflow.accounts.models import User
from tests.dicom.builders import query
from tests.factories import ProcedureFactory
from tests.worklist.department import Department
from tests.worklist.example import example_12_1
from tests.worklist.test_matching_clients import (
    Ask,
    by_dcmtk,
    by_pynetdicom,
    needs_dcmtk,
)
from worklist.models import Station

ASKED: dict[str, Any] = {
    "ScheduledProcedureStepDescription": None,
    "ScheduledProtocolCodeSequence": [],
    "CommentsOnTheScheduledProcedureStep": None,
}


@pytest.mark.parametrize(
    "ask", [by_pynetdicom, pytest.param(by_dcmtk, marks=needs_dcmtk)]
)
def test_code_and_comments_come_with_the_next_answer(
    department: Department,
    station: Station,
    radiologist: User,
    ask: Ask,
    tmp_path: Path,
) -> None:
    department.folder = str(tmp_path)
    order = example_12_1()
    choice = ProtocolChoice.objects.create(
        procedure=ProcedureFactory.create(code="CTPA"),
        code="PE-LD",
        text="Lungenembolie, niedrige Dosis",
        contrast=True,
    )
    wanted = {**ASKED, "ScheduledProcedureStepStartDate": "20260302"}
    (before,) = ask(department, "CT1_AE", query(wanted, AccessionNumber=None))
    assert not before.ScheduledProcedureStepSequence[0].get(
        "CommentsOnTheScheduledProcedureStep"
    )
    decided = Wanted(choice=choice.pk, note="Beginn unterhalb des Bogens, für Müller")
    assign_protocol(order_id=order.pk, user=radiologist, wanted=decided)
    (after,) = ask(department, "CT1_AE", query(wanted, AccessionNumber=None))
    (step,) = after.ScheduledProcedureStepSequence
    (code,) = step.ScheduledProtocolCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("PE-LD", "99RADFLOW")
    assert step.ScheduledProcedureStepDescription == "Lungenembolie, niedrige Dosis"
    assert step.CommentsOnTheScheduledProcedureStep == (
        "Lungenembolie, niedrige Dosis, with contrast. "
        "Beginn unterhalb des Bogens, für Müller"
    )
