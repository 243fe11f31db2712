"""Deadlines that are never lost: raised, starved, two at once, whoever sweeps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from orders.models import Order
from radflow.accounts.models import User
from radflow.duties import Duty
from reports.exceptions import CaseRefused, ReportRefused
from reports.lifecycle import ReportState
from reports.management.commands import clock
from reports.models import CriticalCase, Report, SectionCode
from reports.services import (
    acknowledge_case,
    cases,
    close_case,
    escalate_due,
    open_case,
    save_draft,
    sign_report,
)
from reports.services.locking import lock_case, lock_order
from reports.tasks import escalate_cases

pytestmark = pytest.mark.django_db

SIGNED = ReportState.FINAL


def opened(order: Order, user: User, **changes: Any) -> CriticalCase:
    values: dict[str, Any] = {"category": 2, "finding": "Embolus", **changes}
    return open_case(order_id=order.pk, user=user, **values)


def past(case: CriticalCase, minutes: float) -> None:
    back = timedelta(minutes=minutes)
    CriticalCase.objects.filter(pk=case.pk).update(
        identified_at=F("identified_at") - back,
        due_at=F("due_at") - back,
        next_step_at=F("next_step_at") - back,
    )
    case.ladder.update(due_at=F("due_at") - back)


def acknowledge(case: CriticalCase, user: User) -> CriticalCase:
    return acknowledge_case(
        case_id=case.pk, user=user, person="Dr Fox", method="phone", read_back=True
    )


def in_thread(call: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_flagged_again_as_more_urgent_hastens_the_open_case(
    performed: Order, radiologist: User
) -> None:
    case = opened(performed, radiologist)
    escalate_due()
    later = case.due_at
    again = opened(performed, radiologist, category=1, finding="EMBOLUS ")
    assert (again.pk, again.category) == (case.pk, 1)
    assert again.due_at < later
    following = again.ladder.filter(told_at=None).first()
    assert following is not None
    assert again.next_step_at == following.due_at
    assert again.events.filter(action="raised").exists()


def test_flagged_again_as_less_urgent_changes_nothing(
    performed: Order, radiologist: User
) -> None:
    case = opened(performed, radiologist)
    again = opened(performed, radiologist, category=3)
    assert (again.category, again.due_at) == (case.category, case.due_at)


def test_another_finding_is_another_case(performed: Order, radiologist: User) -> None:
    assert opened(performed, radiologist) != opened(
        performed, radiologist, finding="Aneurysm"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"finding": "  "}, "FINDING_EMPTY"),
        ({"finding": "x" * 501}, "FINDING_LONG"),
        ({"category": 9}, "CATEGORY_UNKNOWN"),
    ],
)
def test_what_cannot_be_flagged_says_why(
    performed: Order, radiologist: User, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(CaseRefused) as refused:
        opened(performed, radiologist, **changes)
    assert refused.value.code == code
    assert CriticalCase.objects.count() == 0


def test_a_long_provider_name_stops_no_case(
    performed: Order, radiologist: User
) -> None:
    Order.objects.update(ordering_provider={"family": "N" * 500})
    assert opened(performed, radiologist).ladder.count() == 5


def test_one_failing_case_starves_no_other(
    performed: Order, radiologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = opened(performed, radiologist)
    good = opened(performed, radiologist, finding="Aneurysm")
    past(bad, 1)
    real = cases.record

    def record(case: CriticalCase, *rest: Any) -> None:
        if case.pk == bad.pk:
            raise ValueError("poisoned")
        real(case, *rest)

    monkeypatch.setattr("reports.services.escalating.record", record)
    assert escalate_due() == 1
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == ("notifying", "pending")


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_nobody_and_comes_back(
    performed: Order, radiologist: User
) -> None:
    opened(performed, radiologist)
    counts: list[int] = []
    with transaction.atomic():
        lock_order(performed.pk)
        in_thread(lambda: counts.append(escalate_due())).join(timeout=20)
    assert counts == [0]
    assert escalate_due() == 1


@pytest.mark.django_db(transaction=True)
def test_writers_take_the_order_before_case_and_report(
    draft: Report, radiologist: User
) -> None:
    """Else a signature and a sweep could wait for each other for ever."""
    case = opened(draft.order, radiologist)
    calls: list[Callable[[], object]] = [
        lambda: acknowledge(case, radiologist),
        lambda: sign_report(
            report_id=draft.pk,
            status=SIGNED,
            expected_version=draft.version,
            user=radiologist,
        ),
    ]
    for call in calls:
        with transaction.atomic():
            lock_order(draft.order_id)
            thread = in_thread(call)
            _until_somebody_waits()
            lock_case(case.pk)
            Report.objects.select_for_update(nowait=True).get(pk=draft.pk)
        thread.join(timeout=20)
    draft.refresh_from_db()
    assert draft.status == "final"


def _until_somebody_waits() -> None:
    """The database's own word that the other thread has come to our lock."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    pause = threading.Event()
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        pause.wait(0.02)
    raise AssertionError("nobody came to the lock")


@pytest.mark.django_db(transaction=True)
def test_acknowledged_and_swept_at_once_ends_acknowledged(
    performed: Order, radiologist: User
) -> None:
    case = opened(performed, radiologist)
    past(case, 500)
    threads = [
        in_thread(escalate_due),
        in_thread(lambda: acknowledge(case, radiologist)),
    ]
    for thread in threads:
        thread.join()
    case.refresh_from_db()
    assert (case.state, case.next_step_at) == ("acknowledged", None)
    assert escalate_due() == 0


def test_the_task_takes_the_steps(performed: Order, radiologist: User) -> None:
    case = opened(performed, radiologist)
    escalate_cases()
    case.refresh_from_db()
    assert case.state == "notifying"


@pytest.mark.django_db(transaction=True)
def test_the_clock_takes_the_steps_and_outlives_a_mistake(
    performed: Order, radiologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened(performed, radiologist)
    calls: list[int] = []
    handlers: dict[int, Any] = {}

    def sweep() -> None:
        calls.append(escalate_due())
        if len(calls) == 1:
            raise ValueError("the clock goes on")
        handlers[signal.SIGTERM]()

    due = Duty("escalation", sweep, seconds=0.01)
    monkeypatch.setattr(clock, "duties", lambda: [due])
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    call_command("clock")
    case.refresh_from_db()
    assert (case.state, calls) == ("notifying", [1, 0])


@pytest.mark.parametrize(
    "missing",
    [
        "acknowledged_by_id = NULL",
        "acknowledged_person = ''",
        "method = ''",
        "read_back = false",
    ],
)
def test_no_statement_makes_an_acknowledgement_less_than_whole(
    performed: Order, radiologist: User, missing: str
) -> None:
    case = acknowledge(opened(performed, radiologist), radiologist)
    for state in ("acknowledged", "closed"):
        sql = f"UPDATE reports_case SET state = '{state}', {missing} WHERE id = %s"
        with pytest.raises(IntegrityError), transaction.atomic():
            connection.cursor().execute(sql, [case.pk])


@pytest.mark.parametrize("table", ["reports_case_event", "reports_case"])
def test_a_case_and_its_record_cannot_be_deleted(
    performed: Order, radiologist: User, table: str
) -> None:
    opened(performed, radiologist)
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {table}")


def test_a_referrer_may_close_what_was_acknowledged(
    performed: Order, radiologist: User, referrer: User, technologist: User
) -> None:
    case = acknowledge(opened(performed, radiologist), radiologist)
    with pytest.raises(CaseRefused):
        close_case(case_id=case.pk, user=technologist)
    assert close_case(case_id=case.pk, user=referrer).state == "closed"
    with pytest.raises(CaseRefused):
        close_case(case_id=case.pk, user=referrer)


def test_text_too_long_is_refused_and_never_cut(
    draft: Report, radiologist: User
) -> None:
    with pytest.raises(ReportRefused) as refused:
        save_draft(
            report_id=draft.pk,
            sections={SectionCode.FINDINGS.value: "x" * 500_001},
            expected_version=draft.version,
            user=radiologist,
        )
    assert refused.value.code == "SECTION_LONG"
    draft.refresh_from_db()
    assert draft.draft[SectionCode.FINDINGS.value] == "Clear."


def test_nothing_is_signed_while_the_scanner_runs_again(
    draft: Report, radiologist: User
) -> None:
    Order.objects.filter(pk=draft.order_id).update(status="in_progress")
    with pytest.raises(ReportRefused) as refused:
        sign_report(
            report_id=draft.pk,
            status=SIGNED,
            expected_version=draft.version,
            user=radiologist,
        )
    assert refused.value.code == "ORDER_STATE"
