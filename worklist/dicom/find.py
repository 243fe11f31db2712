"""C-FIND of the modality worklist: from the query to the answers."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator
from typing import Any, TypeAlias

from django.db import connections
from pydicom.dataset import Dataset

from radflow.dicom import statuses
from radflow.dicom.charsets import UTF_8
from radflow.dicom.datasets import Answer, AnswerPlan, plan_answer
from radflow.dicom.errors import IdentifierMismatch, ValueTooLong
from radflow.dicom.exchange import AssociationInfo
from radflow.dicom.matching import WorklistQuery, parse_query
from worklist.dicom.recorder import FindRecorder
from worklist.dicom.requests import request_of
from worklist.models import DicomExchange
from worklist.selectors.callers import known_station
from worklist.selectors.worklist import Offer, worklist_items
from worklist.services.exchanges import Find

logger = logging.getLogger(__name__)
_CACHED_ANSWERS = 5000

Shape: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], bool]


class WorklistFinder:
    """Answers queries; `limit` is where the server stops with 0xA700."""

    def __init__(self, recorder: FindRecorder, limit: int) -> None:
        self._recorder = recorder
        self._limit = limit

    def find(
        self, identifier: Dataset, info: AssociationInfo
    ) -> Generator[Answer, None, None]:
        """Raises IdentifierMismatch for a query that cannot be understood."""
        served: list[int] = []
        status, comment = statuses.CANCELLED, ""
        try:
            for offer, answer in self._answers(identifier, info):
                served.append(offer.order_id)
                yield answer
            status = statuses.SUCCESS
        except IdentifierMismatch as mismatch:
            status, comment = mismatch.status, str(mismatch)
            raise
        except Exception:
            status = statuses.UNABLE_TO_PROCESS
            raise
        finally:
            if len(served) > self._limit:
                # The server asked for one more than it sends, and stopped.
                status = statuses.OUT_OF_RESOURCES
            self._recorder.add(
                Find(
                    request_of(DicomExchange.Kind.FIND, identifier, info),
                    status,
                    tuple(served[: self._limit]),
                    comment,
                )
            )

    def _answers(
        self, identifier: Dataset, info: AssociationInfo
    ) -> Iterator[tuple[Offer, Answer]]:
        query = parse_query(identifier)
        plan = plan_answer(identifier)
        shape = _shape_of(plan)
        charset, offers = self._read(query, info.calling_ae)
        for offer in offers:
            try:
                yield offer, _ANSWERS.of(offer, plan, shape, charset)
            except ValueTooLong as error:
                logger.error("order %d is not offered: %s", offer.order_id, error)

    def _read(self, query: WorklistQuery, calling_ae: str) -> tuple[str, list[Offer]]:
        """The connection goes back before the first answer is sent."""
        try:
            station = known_station(calling_ae)
            offers = []
            for offer in worklist_items(query, station or calling_ae):
                offers.append(offer)
                if len(offers) > self._limit:
                    break
        finally:
            connections.close_all()
        return station.charset if station else UTF_8, offers


class _Answers:
    """Encoded answers, each good for one version of an item and one shape of query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()

    def of(self, offer: Offer, plan: AnswerPlan, shape: Shape, charset: str) -> Answer:
        key = (offer.key, shape, charset)
        with self._lock:
            if known := self._known.get(key):
                return known
        answer = plan.answer(offer.item, charset=charset)
        with self._lock:
            self._known[key] = answer
            while len(self._known) > _CACHED_ANSWERS:
                self._known.popitem(last=False)
        return answer


def _shape_of(plan: AnswerPlan) -> Shape:
    return (
        tuple(a.tag for a in plan.top),
        tuple(a.tag for a in plan.step),
        bool(plan.unsupported),
    )


_ANSWERS = _Answers()
