"""From pynetdicom events to the callbacks and back to DIMSE statuses."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom.dimse_primitives import (
    C_STORE,
    N_CREATE,
    N_EVENT_REPORT,
    N_GET,
    N_SET,
)
from pynetdicom.dsutils import encode
from pynetdicom.events import Event

from radflow.dicom import commitment, statuses
from radflow.dicom.datasets import Answer
from radflow.dicom.errors import IdentifierMismatch
from radflow.dicom.exchange import (
    AssociationInfo,
    OnEvent,
    OnFind,
    OnGet,
    OnStep,
    OnStored,
    StoredObject,
)
from radflow.dicom.find_reply import PendingResponses
from radflow.dicom.hardening import GuardedAssociation
from radflow.dicom.mpps import Problem

logger = logging.getLogger(__name__)

Outcome: TypeAlias = "tuple[int | Dataset, Dataset | None]"


def handle_find(event: Event, on_find: OnFind, max_matches: int) -> Iterator[Outcome]:
    """Sends the pending responses itself and yields only the final status."""
    reply = _FindReply(event)
    try:
        identifier = event.identifier
    except Exception as error:
        yield _failed(reply.info, "C-FIND identifier", error), None
        return
    final: int | Dataset | None
    try:
        final = reply.stream(on_find(identifier, reply.info), max_matches)
    except IdentifierMismatch as mismatch:
        final = status_dataset(Problem(mismatch.status, str(mismatch)))
    except Exception as error:
        final = _failed(reply.info, "C-FIND", error)
    if final is not None:
        yield final, None


def handle_create(event: Event, taken: Mapping[str, OnStep]) -> Outcome:
    """`taken` by SOP class: a performed step, or a notification of images."""
    request = cast(N_CREATE, event.request)
    uid, on_create = request.AffectedSOPInstanceUID, _taker(taken, request)
    if on_create is None:
        return statuses.NO_SUCH_CLASS, None
    created = Dataset()
    if uid is None:
        # PS3.7 10.1.5.1.4: without one in the request, the SCP assigns it.
        uid = created.AffectedSOPInstanceUID = generate_uid(prefix=None)
    info = _association(event).peer
    try:
        problem = on_create(str(uid), event.attribute_list, info)
    except Exception as error:
        problem = _crashed(info, "N-CREATE", error)
    return status_dataset(problem), created or None


def _taker(taken: Mapping[str, OnStep], request: N_CREATE) -> OnStep | None:
    return taken.get(str(request.AffectedSOPClassUID))


def handle_set(event: Event, on_set: OnStep) -> Outcome:
    info = _association(event).peer
    try:
        uid = str(cast(N_SET, event.request).RequestedSOPInstanceUID)
        problem = on_set(uid, event.modification_list, info)
    except Exception as error:
        problem = _crashed(info, "N-SET", error)
    return status_dataset(problem), None


def handle_get(event: Event, on_get: OnGet) -> Outcome:
    info = _association(event).peer
    try:
        found = on_get(str(cast(N_GET, event.request).RequestedSOPInstanceUID), info)
    except Exception as error:
        found = _crashed(info, "N-GET", error)
    if isinstance(found, Problem):
        return status_dataset(found), None
    return statuses.SUCCESS, _only(found, event.attribute_identifiers)


def handle_store(event: Event, on_stored: OnStored) -> int | Dataset:
    info = _association(event).peer
    request = cast(C_STORE, event.request)
    try:
        stored = StoredObject(
            str(request.AffectedSOPClassUID),
            str(request.AffectedSOPInstanceUID),
            event.encoded_dataset(),
            event.dataset,
        )
    except Exception as error:
        logger.error("%s: C-STORE: %s", info.association_id, type(error).__name__)
        return statuses.UNREADABLE_OBJECT
    try:
        problem = on_stored(stored, info)
    except Exception as error:
        problem = _crashed(info, "C-STORE", error)
    return status_dataset(problem)


def handle_event(event: Event, on_event: OnEvent) -> Outcome:
    """Of storage commitment: its one SOP instance is well known."""
    info = _association(event).peer
    request = cast(N_EVENT_REPORT, event.request)
    if request.AffectedSOPInstanceUID != commitment.SOP_INSTANCE:
        return statuses.UNKNOWN_INSTANCE, None
    try:
        event_type = int(request.EventTypeID or 0)
        problem = on_event(event_type, event.event_information, info)
    except Exception as error:
        problem = _crashed(info, "N-EVENT-REPORT", error)
    return status_dataset(problem), None


def status_dataset(problem: Problem | None) -> int | Dataset:
    """Success as a plain status, a problem with its comment and error id."""
    if problem is None:
        return statuses.SUCCESS
    dataset = Dataset()
    dataset.Status = problem.status
    if problem.comment:
        dataset.ErrorComment = problem.comment[:64]
    if problem.error_id is not None:
        dataset.ErrorID = problem.error_id
    return dataset


class _FindReply:
    """The answers to one query, on their way to one peer."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._assoc = _association(event)
        self.info = self._assoc.peer
        self._implicit_vr = bool(event.context.transfer_syntax.is_implicit_VR)
        self._responses = PendingResponses(
            sop_class_uid=str(event.request.AffectedSOPClassUID),
            message_id=event.message_id,
            context_id=event.context.context_id,
            max_pdu=self.info.max_pdu,
        )

    def stream(self, answers: Iterable[Answer | Dataset], limit: int) -> int | None:
        """The final status; None when there is nobody left to tell it to."""
        for sent, answer in enumerate(answers):
            if self._event.is_cancelled:
                return statuses.CANCELLED
            if sent == limit:
                return statuses.OUT_OF_RESOURCES
            if not self._is_wanted() or not self._send(answer):
                # Keeps pynetdicom from answering on a connection that is gone.
                self._assoc.is_established = False
                return None
        return statuses.CANCELLED if self._event.is_cancelled else statuses.SUCCESS

    def _is_wanted(self) -> bool:
        # Anything for the association itself (release, abort) ends the answering.
        return self._assoc.dul.peek_next_pdu() is None

    def _send(self, answer: Answer | Dataset) -> bool:
        connection = self._assoc.guarded_socket
        if connection is None:
            return False
        status = statuses.PENDING
        if isinstance(answer, Answer):
            data = answer.to_bytes(implicit_vr=self._implicit_vr)
            if answer.unsupported_keys:
                status = statuses.PENDING_UNSUPPORTED_KEYS
        else:
            data = encode(answer, self._implicit_vr, True) or b""
        return connection.send_all(self._responses.pdus(data, status))


def _association(event: Event) -> GuardedAssociation:
    return cast(GuardedAssociation, event.assoc)


def _only(dataset: Dataset, tags: Sequence[int]) -> Dataset:
    if not tags:
        return dataset
    wanted = Dataset()
    for tag in tags:
        if tag in dataset:
            wanted[tag] = dataset[tag]
    return wanted


def _failed(info: AssociationInfo, what: str, error: Exception) -> int:
    """The exception's text may quote a dataset: only its class and place are logged."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "%s failed on association %s: %s at %s:%s",
        what,
        info.association_id,
        type(error).__name__,
        place.filename,
        place.lineno,
    )
    return statuses.UNABLE_TO_PROCESS


def _crashed(info: AssociationInfo, what: str, error: Exception) -> Problem:
    _failed(info, what, error)
    return Problem(statuses.PROCESSING_FAILURE, "Processing failure")
