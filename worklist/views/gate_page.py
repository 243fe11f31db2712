"""The page of the scan gate in each of its states."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import WORKLIST_STATES, ExamState
from orders.models import SIGNED, Order
from orders.selectors import lacks_side, mrn_of
from orders.selectors.safety import Asked, open_codes, stopping_codes
from radflow.accounts.access import current_user
from radflow.accounts.templatetags.display import day_and_clock
from radflow.audit import services as audit
from worklist.forms import INSTEAD, PersonForm
from worklist.models import PersonCheck, Verification, VerificationMethod
from worklist.selectors import station_list
from worklist.selectors.safety import checklist
from worklist.selectors.scanned import (
    Scanned,
    last_report_event,
    scanned_instead,
)
from worklist.services.gate import VALID_FOR
from worklist.services.overriding import refusal_of
from worklist.views.answers import wants_fragment
from worklist.views.gate_checks import Scans, checks
from worklist.views.patient_facts import facts_of
from worklist.views.rows import exam_row, name_of
from worklist.views.safety import questions_of
from worklist.views.station import chosen_station

WAITING, MATCH, READY, MISMATCH = "waiting", "match", "ready", "mismatch"
SAFETY, NOT_NOW = "safety", "not-now"
S = ExamState


def own_check_of(
    request: HttpRequest, order: Order, wanted: str
) -> Verification | None:
    """The check of that number, as long as the person who made it may use it."""
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    mine = Verification.objects.filter(order=order, user=current_user(request))
    fresh = mine.filter(used_at=None, at__gt=timezone.now() - VALID_FOR)
    return fresh.select_related("override__signer").filter(pk=wanted).first()


def show(
    request: HttpRequest,
    order: Order,
    verification: Verification | None,
    scans: Scans,
    *,
    form: PersonForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    answers = verification.answers.first() if verification else None
    lines = checklist(order) if order.status in WORKLIST_STATES else []
    state = _state(order, verification, answers, lines)
    scanned = _scanned(verification) if state == MISMATCH else None
    _record(request, order, scanned)
    context = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "facts": facts_of(order, lines),
        "questions": questions_of(lines, _typed(request)),
        "side_missing": lacks_side(order),
        "verification": verification,
        "state": state,
        "problem": problem,
        **_of_scans(order, verification, scans, scanned, answers),
        **_of_state(request, order, verification, scanned, state),
        "form": form,
        "cannot_say": INSTEAD,
    }
    name = "_gate" if wants_fragment(request) else "gate"
    return render(request, f"worklist/{name}.html", context, status=status)


def _typed(request: HttpRequest) -> dict[str, str] | None:
    """Of the questions, where they were sent but could not be kept."""
    sent = request.POST.dict()
    return sent if any(name[:1] == "q" for name in sent) else None


def _state(
    order: Order,
    verification: Verification | None,
    answers: PersonCheck | None,
    lines: list[Asked],
) -> str:
    if order.status not in WORKLIST_STATES:
        return NOT_NOW
    if verification is None:
        return WAITING
    if not verification.accepted:
        return MISMATCH
    if answers is None or not answers.passed:
        return MATCH
    return SAFETY if open_codes(lines) or stopping_codes(lines) else READY


def _scanned(verification: Verification | None) -> Scanned | None:
    return scanned_instead(verification) if verification else None


def _record(request: HttpRequest, order: Order, scanned: Scanned | None) -> None:
    audit.record_view(
        request, "gate_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    if scanned:
        audit.record_view(
            request,
            "gate_viewed",
            order_id=scanned.order.pk if scanned.order else None,
            patient_id=scanned.patient.pk,
            detail={"scanned_instead_of": order.pk},
        )


def _of_scans(
    order: Order,
    verification: Verification | None,
    scans: Scans,
    scanned: Scanned | None,
    answers: PersonCheck | None,
) -> dict[str, object]:
    if verification is not None:
        scans = Scans(
            verification.presented_patient_id,
            verification.presented_accession,
            verification.method == VerificationMethod.TYPED,
        )
    lines = checks(order, verification, scans, scanned=scanned, answers=answers)
    return {"scans": scans, "checks": lines}


def _of_state(
    request: HttpRequest,
    order: Order,
    verification: Verification | None,
    scanned: Scanned | None,
    state: str,
) -> dict[str, object]:
    if state == NOT_NOW:
        return {"row": exam_row(order), "why": why_not_now(order)}
    if state != MISMATCH or verification is None:
        return {}
    title, text = _stopped(order, verification, scanned)
    other = _offered(request, scanned)
    return {
        "title": title,
        "text": text,
        "other": other,
        "other_name": name_of(other.patient) if other else "",
        "no_override": refusal_of(verification, order),
    }


def _stopped(
    order: Order, verification: Verification, scanned: Scanned | None
) -> tuple[str, str]:
    if scanned and scanned.patient.pk != order.patient_id:
        text = _("What was scanned belongs to %(name)s.")
        name = name_of(scanned.patient)
        return _("Stop. This is another patient"), text % {"name": name}
    if scanned:
        text = _("The requisition is of another exam of this patient.")
        return _("Stop. This is another order"), text
    if not verification.patient_matches:
        if not verification.presented_patient_id:
            return _("Stop. The wristband was not read"), _("Nobody is identified.")
        text = _("Nobody, or more than one person, has this number here.")
        return _("Stop. This is not this patient’s wristband"), text
    if not verification.presented_accession:
        return _("Stop. The requisition was not read"), _("The exam is not confirmed.")
    text = _("No exam here has this accession.")
    return _("Stop. This is not this exam’s requisition"), text


def _offered(request: HttpRequest, scanned: Scanned | None) -> Order | None:
    """The exam of what was scanned, where it is this scanner's and may begin."""
    station = chosen_station(request)
    other = scanned.order if scanned else None
    if other is None or station is None or other.status not in WORKLIST_STATES:
        return None
    steps = station_list(station, timezone.localdate())
    return other if other.pk in {step.order_id for step in steps} else None


def why_not_now(order: Order) -> str:
    """In words, what became of an exam that cannot begin."""
    if order.status == S.PERFORMED and order.report_status in SIGNED:
        reported = last_report_event(order)
        at = day_and_clock(reported.at if reported else order.status_since)
        return _("Already done and reported %(time)s.") % {"time": at}
    ended = order.ended_at or order.status_since
    texts = {
        S.PERFORMED: (_("Already done %(time)s."), ended),
        S.IN_PROGRESS: (
            _("Begun %(time)s and still running."),
            order.started_at or order.status_since,
        ),
        S.ORDERED: (_("It has no time and no room yet. Book it first."), None),
        S.ON_HOLD: (_("On hold since %(time)s."), order.status_since),
        S.CANCELLED: (_("Cancelled %(time)s."), order.status_since),
        S.DISCONTINUED: (_("Discontinued %(time)s."), ended),
        S.REPLACED: (_("Replaced by another order %(time)s."), order.status_since),
    }
    text, at_time = texts[S(order.status)]
    return text % {"time": day_and_clock(at_time)} if at_time else text
