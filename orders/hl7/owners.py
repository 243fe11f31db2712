"""Whose order a message means, and nobody else's (standards.md sections 8.1, 10)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.hl7.addressing import addressed
from orders.hl7.questions import Question
from orders.hl7.requests import location
from orders.identity import Comparison, compare
from orders.models import Order
from radflow.messaging.exceptions import Parked


def addressed_by(question: Question) -> list[Order]:
    found = addressed(question.reader)
    _refuse_other_patient(question, found)
    return found


def _refuse_other_patient(question: Question, found: list[Order]) -> None:
    request = question.patient
    ids = {(i.value, i.assigning_authority) for i in request.identifiers}
    for order in found:
        known = {
            (i.value, i.assigning_authority) for i in order.patient.identifiers.all()
        }
        differs = compare(order.patient, request) is Comparison.CONFLICT
        if differs or not ids & known:
            raise Parked(
                "PATIENT_MISMATCH",
                gettext_noop(
                    "The order belongs to another patient than this message names. "
                    "Nothing was applied: compare both and correct the sender."
                ),
                "PID^1^3",
            )


def refuse_other_study(question: Question, order: Order) -> None:
    """A Study UID or accession that was given is never re-pointed (section 8.1)."""
    number = question.filled.request.accession_number
    if number not in ("", order.accession_number):
        raise Parked(
            "205",
            gettext_noop(
                "The order has another accession number than this message. Ours is "
                "kept and nothing was applied: correct the sender."
            ),
            location(question.filled.request.sources["accession_number"]),
        )
    told = question.filled.request.study_instance_uid
    if told not in ("", order.study_instance_uid):
        raise Parked(
            "205",
            gettext_noop(
                "The order has another Study Instance UID than this message. Ours is "
                "kept and nothing was applied: correct the sender."
            ),
            "ZDS^1^1" if question.reader.group.zds else "IPC^1^3",
        )


def ambiguous(what: str) -> Parked:
    return Parked(
        "UNKNOWN_ORDER",
        "Several exams have this placer number. The sender must name the one to "
        f"{what} by its filler number.",
        "ORC^1^3",
    )
