"""The reference: pynetdicom's server as it comes, with its answers in memory.

`python -m tests.bench.stock PORT MATCHES`; a query for patient B7 has one match.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ModalityWorklistInformationFind,
)

ONE = "B7"
_PENDING = 0xFF00


def answer(number: int) -> Dataset:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledStationAETitle = "CT1_AE"
    step.ScheduledProcedureStepStartDate = "20261128"
    step.ScheduledProcedureStepStartTime = "101500"
    found = Dataset()
    found.SpecificCharacterSet = "ISO_IR 192"
    found.ScheduledProcedureStepSequence = [step]
    found.PatientName = f"Bench{number}^Ada"
    found.PatientID = f"B{number}"
    found.AccessionNumber = f"ACC{number:08}"
    found.StudyInstanceUID = f"1.2.826.0.1.3680043.10.543.{number}"
    return found


def find(event: Event, answers: list[Dataset]) -> Iterator[tuple[int, Dataset]]:
    wanted = 1 if event.identifier.PatientID == ONE else len(answers)
    for one in answers[:wanted]:
        yield _PENDING, one


def main() -> None:
    entity = AE("RADFLOW")
    entity.maximum_associations = 64
    entity.add_supported_context(ModalityWorklistInformationFind)
    answers = [answer(number) for number in range(int(sys.argv[2]))]
    entity.start_server(
        ("127.0.0.1", int(sys.argv[1])),
        evt_handlers=[(evt.EVT_C_FIND, find, [answers])],
    )


if __name__ == "__main__":
    main()
