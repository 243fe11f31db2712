"""The safety checklist, kept by hand: questions added, changed, retired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.exceptions import VersionConflict
from orders.hl7.requests import MODALITIES
from orders.models import AnswerKind, SafetyQuestion
from orders.models.safety import CHOICES, parts_of
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit

FIELDS = (
    "site",
    "code",
    "text",
    "kind",
    "unit",
    "known",
    "modalities",
    "procedures",
    "with_contrast",
    "sex",
    "age_from",
    "age_to",
    "stops_on",
    "stops_below",
    "stops_above",
    "required",
    "position",
    "active",
)
OLDEST = 130


def check(question: SafetyQuestion) -> None:
    """Raises ValidationError by field: what would ask nobody, or stop nobody."""
    faults = {}
    unknown = parts_of(question.modalities) - set(MODALITIES)
    if unknown:
        faults["modalities"] = _("%(modality)s is no DICOM modality.") % {
            "modality": ", ".join(sorted(unknown))
        }
    low, high = question.age_from, question.age_to
    if max(low or 0, high or 0) > OLDEST:
        faults["age_to"] = _("Nobody is older than 130.")
    elif low is not None and high is not None and low > high:
        faults["age_to"] = _("The oldest is younger than the youngest.")
    is_number = question.kind == AnswerKind.NUMBER
    limits = (question.stops_below, question.stops_above)
    if not is_number and any(limit is not None for limit in limits):
        faults["stops_below"] = _("Only a number can be too low or too high.")
    if wrong := _never_said(question):
        faults["stops_on"] = _("%(answers)s cannot be answered here.") % {
            "answers": ", ".join(sorted(wrong)).lower()
        }
    if faults:
        raise ValidationError(faults)


def _never_said(question: SafetyQuestion) -> frozenset[str]:
    possible = CHOICES.get(question.kind, ())
    return parts_of(question.stops_on) - {said.value.upper() for said in possible}


def add_question(*, values: Mapping[str, Any], by: User) -> SafetyQuestion:
    with unit.work():
        return _keep(SafetyQuestion(), values, by)


def change_question(
    *, question_id: int, values: Mapping[str, Any], version: int, by: User
) -> SafetyQuestion:
    """What was answered keeps its question as it was asked; a new text asks anew.

    `version` is what the person had before them; VersionConflict after another.
    """
    with unit.work():
        question = SafetyQuestion.objects.select_for_update().get(pk=question_id)
        if question.version != version:
            raise VersionConflict(
                gettext_noop("Somebody changed this question meanwhile.")
            )
        question.version += 1
        return _keep(question, values, by)


def _keep(
    question: SafetyQuestion, values: Mapping[str, Any], by: User
) -> SafetyQuestion:
    before = {name: getattr(question, name) for name in FIELDS}
    for name, value in values.items():
        setattr(question, name, value)
    question.changed_by, question.changed_at = by, timezone.now()
    question.save()
    changed = [name for name in FIELDS if before[name] != getattr(question, name)]
    detail = {"question": question.pk, "changed": changed}
    audit.record("safety_question_saved", actor=by, detail=detail)
    return question
