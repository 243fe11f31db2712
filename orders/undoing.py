"""How acts on orders and on the catalogue are taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.translation import gettext, gettext_noop

from orders.catalogue.keeping import change_procedure
from orders.cause import Cause
from orders.exceptions import OrderError, VersionConflict
from orders.lifecycle import Refused
from orders.models import Procedure
from orders.services import hold, release
from orders.services.holding import PERSON
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.desk.models import Step
from radflow.desk.undo import Inverse, NotUndone, register

ORDER, PROCEDURE = "order", "procedure"
UNDONE = gettext_noop("Undone")
CHANGED_SINCE = gettext_noop("Somebody has changed it since. Look, then decide.")


def in_words_of_a_person(
    run: Callable[[Step, User], Any],
) -> Callable[[Step, User], Any]:
    """An inverse whose refusals by the order's services are said to a person."""

    @wraps(run)
    def inverse(step: Step, by: User) -> Any:
        try:
            return run(step, by)
        except (VersionConflict, Refused) as error:
            raise NotUndone(gettext(CHANGED_SINCE)) from error
        except OrderError as error:
            raise NotUndone(gettext(error.text)) from error

    return inverse


@in_words_of_a_person
def _release(step: Step, by: User) -> object:
    return release(
        order_id=step.subject,
        by=PERSON,
        cause=Cause(user=by),
        detail=UNDONE,
        expected_version=step.version,
    )


@in_words_of_a_person
def _hold_again(step: Step, by: User) -> object:
    return hold(
        order_id=step.subject,
        by=PERSON,
        cause=Cause(user=by),
        detail=UNDONE,
        expected_version=step.version,
    )


@in_words_of_a_person
def _put_back(step: Step, by: User) -> Procedure:
    return change_procedure(
        procedure_id=step.subject, values=step.before, version=step.version, by=by
    )


def connect() -> None:
    may = (Capability.SCHEDULE,)
    register("hold", Inverse(gettext_noop("Undo the hold"), may, _release))
    register("release", Inverse(gettext_noop("Undo the release"), may, _hold_again))
    register("procedure", Inverse(gettext_noop("Undo the change"), may, _put_back))
