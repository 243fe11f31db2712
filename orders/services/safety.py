"""Answers to the safety checklist, and what lets a stopped exam go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import AnswerRefused
from orders.lifecycle import NOT_STARTED, ExamState
from orders.models import (
    AnswerKind,
    Order,
    OrderEvent,
    ReleaseReason,
    SafetyAnswer,
    SafetyQuestion,
    SafetyRelease,
    Said,
)
from orders.models.safety import CHOICES
from orders.selectors.safety import Asked, checklist_of, number_of, stops
from orders.services.events import locked, note_on
from radflow import unit
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.sites.models import Site

_LONGEST = 200
ANSWERABLE = NOT_STARTED | {ExamState.IN_PROGRESS}


@unit.atomic
def answer_questions(
    *, order_id: int, site: Site | None, user: User, answers: Mapping[int, str]
) -> list[SafetyAnswer]:
    """Keep what was answered, by the question's id; empty ones are not answered.

    What was answered the same way already is not kept twice. Raises AnswerRefused;
    then nothing was kept.
    """
    order = locked(order_id)
    if order.status not in ANSWERABLE:
        raise AnswerRefused(gettext("The exam is over: nothing more is asked for it."))
    kept = []
    for line in checklist_of(order, site):
        value = _value(line.question, answers.get(line.question.pk, ""))
        if value and (line.answer is None or line.answer.value != value):
            kept.append(_keep(order, line.question, value, user))
    if kept:
        _tell_answers(order, kept, user)
    return kept


def _value(question: SafetyQuestion, text: str) -> str:
    value = " ".join(text.replace("\0", "").split())[:_LONGEST]
    if not value or question.kind == AnswerKind.TEXT:
        return value
    if question.kind == AnswerKind.NUMBER:
        number = number_of(value)
        if number is None or number < 0:
            raise AnswerRefused(_about(question, gettext("a number is wanted.")))
        return f"{number:f}"
    if value not in CHOICES[question.kind]:
        raise AnswerRefused(_about(question, gettext("choose one of the answers.")))
    return value


def _about(question: SafetyQuestion, text: str) -> str:
    return f"{question.text}: {text}"


def _keep(
    order: Order, question: SafetyQuestion, value: str, user: User
) -> SafetyAnswer:
    return SafetyAnswer.objects.create(
        order=order,
        question=question,
        code=question.code,
        text=question.text,
        kind=question.kind,
        unit=question.unit,
        value=value,
        stops=stops(question, value),
        patient_number=order.patient_id,
        user=user,
        at=timezone.now(),
    )


def _tell_answers(order: Order, kept: list[SafetyAnswer], user: User) -> None:
    stopping = any(answer.stops for answer in kept)
    title = (
        gettext_noop("A safety answer stops the exam")
        if stopping
        else gettext_noop("Safety questions answered")
    )
    note_on(
        order,
        kind=OrderEvent.Kind.STOP if stopping else OrderEvent.Kind.CHECK,
        title=title,
        detail="; ".join(in_short(answer) for answer in kept)[:500],
        cause=Cause(user=user, at=kept[-1].at),
    )
    audit.record(
        "safety_answered",
        actor=user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"answers": [answer.pk for answer in kept], "stops": stopping},
    )


def in_short(answer: SafetyAnswer) -> str:
    """For the timeline, in the words the question has."""
    chosen = {said.value: str(said.label) for said in Said}
    is_free = answer.kind in (AnswerKind.NUMBER, AnswerKind.TEXT)
    value = answer.value if is_free else chosen[answer.value]
    return f"{answer.text} {value} {answer.unit}".strip()


@dataclass(frozen=True)
class Decision:
    """Why an exam goes on: a ReleaseReason, and who decided, by name.

    `decided_by` may be empty where the second signer is a radiologist.
    """

    reason: str
    comment: str
    decided_by: str = ""


@unit.atomic
def release_answer(
    *,
    order_id: int,
    answer_id: int,
    site: Site | None,
    user: User,
    signer: User,
    decision: Decision,
) -> SafetyRelease:
    """Let the exam go on; `signer` has given a password just now.

    Raises AnswerRefused; then nothing has changed.
    """
    order = locked(order_id)
    answer = _stopping(order, site, answer_id)
    if signer.pk == user.pk:
        raise AnswerRefused(gettext("The second person must be somebody else."))
    if not signer.is_active or not _may_sign(signer):
        raise AnswerRefused(
            gettext("The second person must be a radiologist or perform exams.")
        )
    decided_by = decision.decided_by.strip()
    if not decided_by and signer.may(Capability.SIGN_REPORT):
        decided_by = signer.display_name
    if not decided_by:
        raise AnswerRefused(gettext("Name the radiologist who decided."))
    release = SafetyRelease.objects.create(
        answer=answer,
        user=user,
        signer=signer,
        decided_by=decided_by[:120],
        at=timezone.now(),
        reason=ReleaseReason(decision.reason),
        comment=decision.comment.strip()[:300],
    )
    _tell_release(order, release)
    return release


def _may_sign(signer: User) -> bool:
    return signer.may(Capability.PERFORM_EXAM) or signer.may(Capability.SIGN_REPORT)


def _stopping(order: Order, site: Site | None, answer_id: int) -> SafetyAnswer:
    lines: list[Asked] = checklist_of(order, site)
    for line in lines:
        if line.answer and line.answer.pk == answer_id and line.is_stopping:
            return line.answer
    raise AnswerRefused(
        gettext("This answer does not stop the exam any more. Look again.")
    )


def _tell_release(order: Order, release: SafetyRelease) -> None:
    reason = ReleaseReason(release.reason).label
    detail = (
        f"{in_short(release.answer)}: {reason}. {release.comment} "
        f"Decided by {release.decided_by}. Second: {release.signer.username}"
    )
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=gettext_noop("Stopped exam released"),
        detail=detail[:500],
        cause=Cause(user=release.user, at=release.at),
    )
    for person in (release.user, release.signer):
        audit.record(
            "safety_released",
            actor=person,
            patient_id=order.patient_id,
            order_id=order.pk,
            detail={"answer": release.answer_id, "release": release.pk},
        )
