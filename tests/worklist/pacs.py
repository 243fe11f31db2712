"""An archive as others build it: answers queries, takes performed steps and notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
    StudyRootQueryRetrieveInformationModelFind,
)


class Pacs:
    """`studies` are matched by their UID; `status` is what every N-service answers."""

    def __init__(self) -> None:
        self.studies: list[Dataset] = []
        self.series: list[Dataset] = []
        self.images: list[Dataset] = []
        self.taken: list[tuple[str, str, Dataset]] = []
        self.status = 0x0000
        entity = AE("PACS")
        for sop_class in (
            StudyRootQueryRetrieveInformationModelFind,
            ModalityPerformedProcedureStep,
            InstanceAvailabilityNotification,
        ):
            entity.add_supported_context(sop_class, ExplicitVRLittleEndian)
        server: Any = entity.start_server(
            ("127.0.0.1", 0),
            block=False,
            evt_handlers=[
                (evt.EVT_C_FIND, self._find),
                (evt.EVT_N_CREATE, self._create),
                (evt.EVT_N_SET, self._set),
            ],
        )
        self._server = server
        self._running = True
        self.port: int = server.server_address[1]

    def stop(self) -> None:
        if self._running:
            self._running = False
            self._server.shutdown()

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked = event.identifier
        levels = {"STUDY": self.studies, "SERIES": self.series, "IMAGE": self.images}
        for one in levels[asked.QueryRetrieveLevel]:
            if one.StudyInstanceUID == asked.StudyInstanceUID:
                yield 0xFF00, one
        yield 0x0000, None

    def _create(self, event: evt.Event) -> tuple[int, Dataset | None]:
        request: Any = event.request
        self._take("create", request.AffectedSOPInstanceUID, event.attribute_list)
        return self.status, None

    def _set(self, event: evt.Event) -> tuple[int, Dataset | None]:
        request: Any = event.request
        self._take("set", request.RequestedSOPInstanceUID, event.modification_list)
        return self.status, None

    def _take(self, what: str, uid: str, values: Dataset) -> None:
        self.taken.append((what, str(uid), values))

    @property
    def told(self) -> list[str]:
        return [what for what, _, _ in self.taken]
