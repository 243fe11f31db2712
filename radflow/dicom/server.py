"""The DICOM server: worklist query, performed steps, and what archives tell."""

from __future__ import annotations

import logging
import ssl
import threading
from typing import Any, cast

from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_context, evt
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
    ModalityPerformedProcedureStepRetrieve,
    ModalityWorklistInformationFind,
    StorageCommitmentPushModel,
    Verification,
)

from radflow.dicom import dose_report
from radflow.dicom.exchange import CALLED, Allow, AssociationInfo, Callbacks, Limits
from radflow.dicom.hardening import GuardedAssociation, GuardedServer
from radflow.dicom.services import (
    handle_create,
    handle_event,
    handle_find,
    handle_get,
    handle_set,
    handle_store,
)

logger = logging.getLogger(__name__)

TRANSFER_SYNTAXES: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
_POLL_SECONDS = 0.1
_STOP_SECONDS = 5.0

# A-ASSOCIATE-RJ result, source and reason (PS3.8 table 9-21).
_CALLING_AE_NOT_RECOGNISED = (0x01, 0x01, 0x03)
_CALLED_AE_NOT_RECOGNISED = (0x01, 0x01, 0x07)
_LOCAL_LIMIT_EXCEEDED = (0x02, 0x03, 0x02)


def presentation_contexts(offered: Callbacks) -> list[PresentationContext]:
    """What a server with these callbacks accepts."""
    classes = [Verification]
    if offered.on_find:
        classes.append(ModalityWorklistInformationFind)
    if offered.on_mpps_create or offered.on_mpps_set:
        classes.append(ModalityPerformedProcedureStep)
    if offered.on_mpps_get:
        classes.append(ModalityPerformedProcedureStepRetrieve)
    if offered.on_available:
        classes.append(InstanceAvailabilityNotification)
    if offered.on_dose_report:
        classes += dose_report.SOP_CLASSES
    contexts = [build_context(uid, TRANSFER_SYNTAXES) for uid in classes]
    if offered.on_commitment:
        contexts.append(_as_user(StorageCommitmentPushModel))
    return contexts


def _as_user(sop_class: str) -> PresentationContext:
    """Of a service whose provider calls us, as its role selection says."""
    context = build_context(sop_class, TRANSFER_SYNTAXES)
    context.scu_role, context.scp_role = False, True
    return context


class DicomServer:
    """Serves associations on threads of its own between start() and stop().

    `port` 0 takes a free one, known after start(). `callbacks` run in the association's
    thread, several at a time for different associations. With `tls` every peer speaks
    TLS, and only that.
    """

    def __init__(
        self,
        ae_title: str,
        host: str,
        port: int,
        callbacks: Callbacks,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._ae_title = ae_title
        self._address = (host, port)
        self._callbacks = callbacks
        self._limits = limits or Limits()
        self._server: GuardedServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return self._require_server().server_address[1]

    @property
    def association_count(self) -> int:
        """Connections now served, established or not."""
        return len(self._require_server().associations())

    def start(self) -> None:
        """Listen; raises OSError when the address is taken."""
        entity = self._entity()
        self._server = cast(
            GuardedServer,
            entity.make_server(
                self._address,
                evt_handlers=self._handlers(),
                server_class=GuardedServer,
                ssl_context=self._tls,
                limits=self._limits,
                on_association_end=self._callbacks.on_association_end,
            ),
        )
        # pynetdicom's shutdown() takes the server off this list.
        entity._servers.append(self._server)  # type: ignore[arg-type]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(_POLL_SECONDS,),
            name=f"dicom-{self.port}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, then abort what is still associated."""
        server = self._require_server()
        server.shutdown()
        running = server.associations()
        for assoc in running:
            _end(assoc)
        for assoc in running:
            assoc.join(_STOP_SECONDS)
        self._server = None

    def _require_server(self) -> GuardedServer:
        if self._server is None:
            raise RuntimeError("the DICOM server is not started")
        return self._server

    def _entity(self) -> AE:
        entity = AE(self._ae_title)
        # Refused here with a reason, not by pynetdicom, which counts stalled peers too.
        entity.maximum_associations = 1 << 16
        entity.maximum_pdu_size = self._limits.max_pdu
        entity.acse_timeout = self._limits.association_timeout
        entity.network_timeout = self._limits.idle_timeout
        entity.supported_contexts = presentation_contexts(self._callbacks)
        return entity

    def _handlers(self) -> list[Any]:
        offered = self._callbacks
        handlers: list[Any] = [
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_DIMSE_RECV, _on_message),
            (evt.EVT_CONN_CLOSE, _on_close),
        ]
        if offered.on_find:
            limit = self._limits.max_matches
            handlers.append((evt.EVT_C_FIND, handle_find, [offered.on_find, limit]))
        creating = {
            ModalityPerformedProcedureStep: offered.on_mpps_create,
            InstanceAvailabilityNotification: offered.on_available,
        }
        taken = {str(sop_class): one for sop_class, one in creating.items() if one}
        if taken:
            handlers.append((evt.EVT_N_CREATE, handle_create, [taken]))
        if offered.on_mpps_set:
            handlers.append((evt.EVT_N_SET, handle_set, [offered.on_mpps_set]))
        if offered.on_mpps_get:
            handlers.append((evt.EVT_N_GET, handle_get, [offered.on_mpps_get]))
        if offered.on_dose_report:
            handlers.append((evt.EVT_C_STORE, handle_store, [offered.on_dose_report]))
        if offered.on_commitment:
            told = [offered.on_commitment]
            handlers.append((evt.EVT_N_EVENT_REPORT, handle_event, told))
        return handlers

    def _on_requested(self, event: Event) -> None:
        """Before negotiation: the only moment to refuse with a reason."""
        assoc = cast(GuardedAssociation, event.assoc)
        refusal = self._refusal(assoc)
        if refusal is None:
            return
        assoc.acse.send_reject(*refusal)
        assoc.is_rejected = True
        assoc.kill()

    def _refusal(self, assoc: GuardedAssociation) -> tuple[int, int, int] | None:
        peer = assoc.peer
        if self._require_server().is_full():
            logger.warning("association refused: limit reached (%r)", peer.calling_ae)
            return _LOCAL_LIMIT_EXCEEDED
        if peer.called_ae != self._ae_title:
            logger.warning("association refused: called AE title %r", peer.called_ae)
            self._tell_refused(peer, CALLED)
            return _CALLED_AE_NOT_RECOGNISED
        reason = _reason(self._callbacks.allow, assoc)
        if reason is None:
            return None
        logger.warning("association refused: %r %s", peer.calling_ae, reason)
        self._tell_refused(peer, reason)
        return _CALLING_AE_NOT_RECOGNISED

    def _tell_refused(self, peer: AssociationInfo, reason: str) -> None:
        if self._callbacks.on_refused is None:
            return
        try:
            self._callbacks.on_refused(peer, reason)
        except Exception as error:
            logger.warning("a refusal was not kept: %s", type(error).__name__)


def _reason(allow: Allow | None, assoc: GuardedAssociation) -> str | None:
    if allow is None:
        return None
    try:
        return allow(assoc.peer)
    except Exception as error:
        # pynetdicom swallows what a notification handler raises, and would go on to
        # accept the peer nobody could check.
        return f"could not be checked: {type(error).__name__}"


def _on_message(event: Event) -> None:
    connection = cast(GuardedAssociation, event.assoc).guarded_socket
    if connection is not None:
        connection.message_received()


def _on_close(event: Event) -> None:
    cast(GuardedAssociation, event.assoc).connection_closed()


def _end(assoc: GuardedAssociation) -> None:
    if assoc.is_established:
        assoc.abort()
        return
    connection = assoc.guarded_socket
    if connection is not None:
        connection.end()
