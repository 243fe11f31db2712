"""Asking archives for the images of performed exams: C-FIND or QIDO-RS."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from orders.cause import Cause
from radflow.dicom.archive import Archive, QueryArchive, WebArchive
from radflow.dicom.errors import PeerError
from radflow.dicom.web import Web
from radflow.messaging import tls
from worklist.models import DicomNode, Study
from worklist.selectors.nodes import IS_ARCHIVE, nodes_for
from worklist.services.images import nothing_yet, record_study
from worklist.services.relaying import TIMEOUT_SECONDS, remote_of

logger = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)


def ask_archives(limit: int = 50) -> int:
    """Look up to `limit` studies that are due; returns how many were looked up."""
    for count in range(limit):
        study = _next()
        if study is None:
            return count
        _look_up(study)
    return limit


@transaction.atomic
def _next() -> Study | None:
    """The time of the next look is the lease: who dies meanwhile is followed later."""
    due = Study.objects.select_for_update(skip_locked=True, of=("self",))
    study = due.filter(ask_at__lte=timezone.now()).order_by("ask_at").first()
    if study:
        study.ask_at = timezone.now() + _LEASE
        study.save(update_fields=["ask_at"])
    return study


def _look_up(study: Study) -> None:
    assert study.order is not None
    for node in nodes_for(study.order, IS_ARCHIVE):
        if _has_it(node, study):
            return
    nothing_yet(study_id=study.pk)


def _has_it(node: DicomNode, study: Study) -> bool:
    """False where it has no such study or does not answer; the fault is kept.

    pynetdicom raises ValueError where the archive takes no context for queries,
    RuntimeError where it aborts in between; and what it answers may be unreadable.
    """
    try:
        told = archive_of(node).study(study.study_instance_uid)
        if told:
            cause = Cause(actor=node.ae_title, at=timezone.now())
            record_study(told=told, archive=node, cause=cause)
    except PeerError as error:
        _keep_fault(node, str(error))
        return False
    except Exception as error:
        logger.error("archive %d: %s", node.pk, type(error).__name__)
        _keep_fault(node, f"not understood ({type(error).__name__})")
        return False
    DicomNode.objects.filter(pk=node.pk).update(fault="", asked_at=timezone.now())
    return told is not None


def archive_of(node: DicomNode) -> Archive:
    """As the node is asked; raises where TLS is wanted and not set up."""
    if not node.web_url:
        return QueryArchive(remote_of(node))
    is_secure = node.web_url.startswith("https://")
    context = tls.for_sending() if is_secure else None
    return WebArchive(Web(node.web_url, TIMEOUT_SECONDS, context))


def _keep_fault(node: DicomNode, why: str) -> None:
    DicomNode.objects.filter(pk=node.pk).update(fault=why[:120])
