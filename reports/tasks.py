from __future__ import annotations

from celery import shared_task

from reports.services import escalate_due


@shared_task(name="reports.tasks.escalate_cases")  # type: ignore[untyped-decorator]
def escalate_cases() -> None:
    escalate_due()
