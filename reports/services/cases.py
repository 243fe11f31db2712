"""Critical cases: opened by a finding, ended by a named human alone (section 9)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders import services as orders
from orders.cause import Cause
from orders.models import OrderEvent
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.fsm import IllegalTransition
from radflow.live import services as live
from reports import lifecycle
from reports.exceptions import CaseRefused
from reports.lifecycle import CaseState
from reports.models import CaseEvent, Category, CriticalCase, Method, Report
from reports.services.ladder import hasten, make_ladder
from reports.services.locking import lock_case, lock_order

FINDING_LENGTH = 500
# Kept in English; the timeline says it in the reader's language.
_FLAGGED = {
    Category.EMERGENT: gettext_noop("Critical finding flagged, Category 1"),
    Category.URGENT: gettext_noop("Critical finding flagged, Category 2"),
    Category.FOLLOW_UP: gettext_noop("Critical finding flagged, Category 3"),
}
_RAISED = {
    Category.EMERGENT: gettext_noop("Critical finding: raised to category 1"),
    Category.URGENT: gettext_noop("Critical finding: raised to category 2"),
}


@transaction.atomic
def open_case(
    *, order_id: int, category: int, finding: str, user: User
) -> CriticalCase:
    """Open the loop for a finding; its clock runs from now.

    A finding already flagged on this report adds to its open case, and may raise
    its category. Raises CaseRefused.
    """
    minutes = _target(category)
    order = lock_order(order_id)
    finding = _checked(finding)
    known = CriticalCase.objects.filter(order=order, finding__iexact=finding)
    known = known.filter(state__in=lifecycle.OPEN_CASE_STATES)
    if existing := known.first():
        return _raised(existing.pk, category, user)
    now = timezone.now()
    case = CriticalCase.objects.create(
        number=_number(),
        order=order,
        report=Report.objects.filter(order=order).first(),
        category=category,
        finding=finding,
        identified_at=now,
        due_at=now + timedelta(minutes=minutes),
        opened_by=user,
    )
    make_ladder(case, minutes)
    record(case, "opened", Category(category).label, user)
    tell_timeline(case, _FLAGGED[Category(category)], user)
    return case


def _target(category: int) -> float:
    try:
        return float(settings.CRITICAL_TARGET_MINUTES[category])
    except KeyError:
        raise CaseRefused(
            gettext("Choose a category."), code="CATEGORY_UNKNOWN"
        ) from None


def _checked(finding: str) -> str:
    finding = finding.strip()
    if not finding:
        raise CaseRefused(gettext("Say what was found."), code="FINDING_EMPTY")
    if len(finding) > FINDING_LENGTH:
        raise CaseRefused(
            gettext("Say it in %(number)s characters; the report has room for more.")
            % {"number": FINDING_LENGTH},
            code="FINDING_LONG",
        )
    return finding


def _raised(case_id: int, category: int, user: User) -> CriticalCase:
    """Flagged again as more urgent: the earlier of both deadlines (section 9)."""
    case = lock_case(case_id)
    if category >= case.category:
        return case
    case.category = category
    hasten(case, _target(category))
    save(case)
    text = f"Raised to {Category(category).label}"
    record(case, "raised", text, user)
    tell_timeline(case, _RAISED[Category(category)], user)
    return case


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('reports_case_seq')")
        return f"CR-{cursor.fetchone()[0]:06d}"


@transaction.atomic
def acknowledge_case(
    *,
    case_id: int,
    user: User,
    person: str,
    method: str,
    read_back: bool,
    note: str = "",
) -> CriticalCase:
    """A human says who was told, how, and that they read it back.

    Stops the escalation, does not close the case. Raises CaseRefused.
    """
    case = lock_case(case_id)
    if not user.may(Capability.ACKNOWLEDGE_CASE):
        raise CaseRefused(gettext("Your role may not acknowledge."), code="NOT_ALLOWED")
    if not person.strip():
        raise CaseRefused(
            gettext("Name the person who was told."), code="PERSON_MISSING"
        )
    if method not in Method.values:
        raise CaseRefused(gettext("Say how they were told."), code="METHOD_MISSING")
    if not read_back:
        raise CaseRefused(
            gettext(
                "Without read-back it is only delivered. Ask them to repeat patient, "
                "finding and side."
            ),
            code="READ_BACK_MISSING",
        )
    move(case, lifecycle.CaseEvent.ACKNOWLEDGE)
    case.acknowledged_at = timezone.now()
    case.acknowledged_by = user
    case.acknowledged_person = person.strip()[:120]
    case.method = method
    case.read_back = True
    case.note = note
    case.next_step_at = None
    save(case)
    how = Method(method).label.lower()
    text = f"{case.acknowledged_person}, {how}, read back"
    record(case, "acknowledged", text, user)
    tell_timeline(case, gettext_noop("Critical result acknowledged"), user, text)
    return case


@transaction.atomic
def close_case(*, case_id: int, user: User) -> CriticalCase:
    """End an acknowledged case."""
    case = lock_case(case_id)
    if not user.may(Capability.ACKNOWLEDGE_CASE):
        raise CaseRefused(
            gettext("Your role may not close a case."), code="NOT_ALLOWED"
        )
    move(case, lifecycle.CaseEvent.CLOSE)
    case.closed_at = timezone.now()
    save(case)
    record(case, "closed", "", user)
    tell_timeline(case, gettext_noop("Critical case closed"), user)
    return case


def move(case: CriticalCase, event: lifecycle.CaseEvent) -> None:
    try:
        case.state = lifecycle.next_case_state(CaseState(case.state), event)
    except IllegalTransition as error:
        state = gettext(CaseState(case.state).label).lower()
        text = gettext("Not possible: the case is %(state)s.") % {"state": state}
        raise CaseRefused(text) from error


def save(case: CriticalCase) -> None:
    case.version += 1
    case.save()


def record(case: CriticalCase, action: str, detail: str, user: User | None) -> None:
    """The case's own record and audit row, and a hint for every open board."""
    CaseEvent.objects.create(case=case, action=action, detail=detail[:500], user=user)
    audit.record(
        f"case_{action}",
        actor=user,
        actor_text="" if user else "escalation",
        order_id=case.order_id,
        detail={"case": case.pk},
    )
    live.publish("case", case.pk, case.version)


def tell_timeline(
    case: CriticalCase, title: str, user: User | None, detail: str = ""
) -> None:
    orders.note(
        order_id=case.order_id,
        kind=OrderEvent.Kind.CRITICAL,
        title=title,
        detail=detail or f"{case.number}: {case.finding}"[:500],
        cause=Cause(user=user, actor="" if user else "Escalation"),
        case_id=case.pk,
    )
