"""Asking archives for the images of performed exams (PS3.4 annex C)."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from orders.cause import Cause
from radflow.dicom.archive import Archive
from radflow.dicom.availability import StudyTold
from radflow.dicom.errors import PeerError
from worklist.models import DicomNode, Study
from worklist.selectors.nodes import nodes_for
from worklist.services.images import nothing_yet, record_study
from worklist.services.relaying import remote_of

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
    for node in nodes_for(study.order):
        if node.is_archive and (told := _answer(node, study)):
            cause = Cause(actor=node.ae_title, at=timezone.now())
            record_study(told=told, archive=node, cause=cause)
            return
    nothing_yet(study_id=study.pk)


def _answer(node: DicomNode, study: Study) -> StudyTold | None:
    """None where it has no such study or does not answer; the fault is kept."""
    try:
        told = Archive(remote_of(node)).study(study.study_instance_uid)
    except PeerError as error:
        DicomNode.objects.filter(pk=node.pk).update(fault=str(error)[:120])
        return None
    DicomNode.objects.filter(pk=node.pk).update(fault="", asked_at=timezone.now())
    return told
