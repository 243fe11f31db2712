"""Which images an archive has: told by its notification, or answered when asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from pydicom.dataset import Dataset

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Order, OrderEvent
from orders.services import note
from radflow import unit
from radflow.audit import services as audit
from radflow.dicom import availability
from radflow.dicom.availability import ONLINE, SeriesTold, StudyTold
from radflow.live import services as live
from worklist.exceptions import StepRefused
from worklist.models import DicomDelivery, DicomNode, Study, StudySeries
from worklist.selectors.contents import holds
from worklist.services.attention import alarm
from worklist.services.dosing import link_doses_of
from worklist.services.exchanges import Request, keep
from worklist.services.linking import exam_of_study
from worklist.services.notices import notice_of
from worklist.services.relaying import pass_on

OTHER_UID = gettext_noop("Its exam has images under another Study UID already.")
# How long the images of an exam may still be on their way, and how often to ask then.
_ARRIVING = timedelta(minutes=10)
_SOON, _LATER = timedelta(seconds=15), timedelta(minutes=5)
_GIVEN_UP = timedelta(hours=48)


@unit.atomic
def take_notice(*, uid: str, notice: Dataset, request: Request) -> None:
    """An archive's notification (PS3.4 annex R); raises StepRefused when invalid."""
    if problem := availability.validate(notice):
        raise StepRefused(problem)
    exchange = keep(request, status=0)
    told = availability.read_notice(notice)
    archive = DicomNode.objects.filter(
        Q(ae_title=told.retrieve_ae) | Q(ae_title=request.calling_ae), is_archive=True
    ).first()
    cause = Cause(actor=request.calling_ae, exchange_id=exchange.pk, at=timezone.now())
    study = record_study(told=told, archive=archive, cause=cause)
    if study.order and told.availability == ONLINE:
        pass_on(
            kind=DicomDelivery.Kind.AVAILABLE,
            uid=uid,
            dataset=request.dataset,
            order=study.order,
            cause=cause,
        )


@unit.atomic
def record_study(*, told: StudyTold, archive: DicomNode | None, cause: Cause) -> Study:
    """Keep what an archive has of a study, and tell the exam when that is news.

    Images that name another patient than the exam's, or no exam, stay without order:
    a person links them. The same told again changes nothing.
    """
    order, mismatch = exam_of_study(
        uid=told.study_instance_uid,
        accession=told.accession_number,
        patient_id=told.patient_id,
        patient_name=told.patient_name,
        birth_date=told.birth_date,
    )
    if order:
        Order.objects.select_for_update().get(pk=order.pk)
    study = _locked_study(told, order)
    if order and Study.objects.filter(order=order).exclude(pk=study.pk).exists():
        order, mismatch = None, OTHER_UID
    if study.order and mismatch:
        return _refuse(study, mismatch, cause)
    before = (study.available_at, study.archived_instances)
    study.order = study.order or order
    study.mismatch = "" if study.order else mismatch[:300]
    study.archive = archive or study.archive
    study.availability = told.availability[:16]
    study.retrieve_ae_title = told.retrieve_ae[:16] or study.retrieve_ae_title
    _keep_series(study, told)
    if not study.order:
        study.told = _as_told(told)
    if told.series:
        study.available_at = study.available_at or timezone.now()
    study.ask_at = _next_look(study)
    study.save()
    _tell_news(study, before, cause)
    return study


def _refuse(study: Study, why: str, cause: Cause) -> Study:
    """Another patient's images under the UID of an exam: nothing of them is taken."""
    assert study.order_id is not None
    if study.mismatch != why[:300]:
        alarm(
            order_id=study.order_id,
            title=gettext_noop("The archive has another patient's images of this exam"),
            detail=why,
            cause=cause,
        )
    study.mismatch, study.ask_at = why[:300], _next_look(study)
    study.save(update_fields=["mismatch", "ask_at"])
    return study


def _locked_study(told: StudyTold, order: Order | None) -> Study:
    """The exam's own study keeps its UID: a second one of an exam stands alone."""
    uid = told.study_instance_uid
    known = Study.objects.select_for_update()
    study = known.filter(study_instance_uid=uid).first()
    if study is None and order:
        study = known.filter(order=order, available_at=None, series_count=0).first()
        if study:
            study.study_instance_uid = uid
        elif known.filter(order=order).exists():
            return Study.objects.create(study_instance_uid=uid)
    return study or Study.objects.create(study_instance_uid=uid, order=order)


def _keep_series(study: Study, told: StudyTold) -> None:
    """What is told is whole for an answer, and adds up for notifications."""
    for each in told.series:
        StudySeries.objects.update_or_create(
            study=study,
            series_instance_uid=each.series_instance_uid[:64],
            defaults=_values(each),
        )
    kept = study.series.all()
    study.archived_series = len(kept)
    study.archived_instances = sum(one.instance_count for one in kept)


def _values(told: SeriesTold) -> dict[str, object]:
    return {
        "number": told.number[:12],
        "modality": told.modality[:16],
        "description": told.description[:64],
        "holds": holds(told.modality, told.sop_classes),
        "instance_count": told.instance_count,
        "sop_classes": [uid[:64] for uid in told.sop_classes[:20]],
    }


def _as_told(told: StudyTold) -> dict[str, str]:
    return {
        "accession": told.accession_number[:64],
        "patient_id": told.patient_id[:64],
        "patient_name": told.patient_name[:200],
        "birth_date": told.birth_date[:8],
        "date": told.date[:8],
        "description": told.description[:64],
    }


def _next_look(study: Study) -> datetime | None:
    """Until the archive has all that the scanner told of, or two days have passed."""
    now, since = timezone.now(), study.asking_since
    if study.order is None or since is None:
        return None
    if study.available_at and not study.missing_instances:
        return None
    if now - since > _GIVEN_UP:
        return None
    return now + (_SOON if now - since < _ARRIVING else _LATER)


def _tell_news(study: Study, before: tuple[datetime | None, int], cause: Cause) -> None:
    if before == (study.available_at, study.archived_instances):
        return
    order = study.order
    if order is None:
        live.publish("study", study.pk)
        return
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Images in the archive"),
        detail=f"{study.archived_series} series, {study.archived_instances} images",
        cause=cause,
    )
    if study.archive and before[0] is None:
        _pass_on_news(study, order, cause)


def _pass_on_news(study: Study, order: Order, cause: Cause) -> None:
    """A notification of our own, where the archive gave none and we know instances."""
    assert study.archive is not None
    if cause.exchange_id:
        return
    if made := notice_of(order, study.archive.ae_title):
        uid, dataset = made
        pass_on(
            kind=DicomDelivery.Kind.AVAILABLE,
            uid=uid,
            dataset=dataset,
            order=order,
            cause=cause,
        )


@unit.atomic
def nothing_yet(*, study_id: int) -> None:
    """The archive has none: ask again, and in the end say that they are missing."""
    study = Study.objects.select_for_update().get(pk=study_id)
    study.ask_at = _next_look(study)
    study.save(update_fields=["ask_at"])
    if study.ask_at is None and study.order_id and study.instance_count:
        alarm(
            order_id=study.order_id,
            title=gettext_noop("Images never reached the archive"),
            detail=gettext_noop("Asked for two days: send them again at the scanner."),
            cause=Cause(actor="archive", at=timezone.now()),
        )


@unit.atomic
def link_study(*, study_id: int, order_id: int, reason: str, cause: Cause) -> Study:
    """A person says whose images these are; raises LinkedAlready or StudyTaken."""
    order = Order.objects.select_for_update().get(pk=order_id)
    study = Study.objects.select_for_update().get(pk=study_id)
    if study.order_id is not None:
        raise LinkedAlready(gettext("These images belong to an order by now."))
    _make_room(order)
    study.order, study.mismatch, study.told = order, "", {}
    study.save()
    link_doses_of(study.study_instance_uid, cause)
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Images of the archive linked by hand"),
        detail=reason[:500],
        cause=cause,
    )
    audit.record(
        "study_linked",
        actor=cause.user,
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"study": study.pk, "reason": reason},
    )
    return study


def _make_room(order: Order) -> None:
    """An exam has one study: an empty one, made when it was performed, gives way."""
    own = Study.objects.filter(order=order).first()
    if own is None:
        return
    if own.series_count or own.available_at:
        raise StudyTaken(
            gettext("This exam has images already. Look whether another one is meant.")
        )
    own.delete()


class LinkedAlready(OrderError):
    """Somebody linked it meanwhile."""

    code = "LINKED_ALREADY"


class StudyTaken(OrderError):
    """The exam has images of its own."""

    code = "STUDY_TAKEN"
