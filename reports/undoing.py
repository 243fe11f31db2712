"""How a report that was taken over goes back to who had it."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.desk.models import Step
from radflow.desk.undo import Inverse, NotUndone, register
from reports.exceptions import ReportError
from reports.services import hand_back

REPORT = "report"


def _hand_back(step: Step, by: User) -> object:
    try:
        return hand_back(
            report_id=step.subject,
            to=User.objects.get(pk=step.before["holder"]),
            by=by,
            expected_version=step.version,
        )
    except ReportError as error:
        raise NotUndone(error.text) from error


def connect() -> None:
    label = gettext_noop("Give it back")
    register("take-over", Inverse(label, (Capability.WRITE_REPORT,), _hand_back))
