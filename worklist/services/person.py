"""The third step of the gate: the patient says who they are, or somebody for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.models import Order, OrderEvent
from orders.services import note
from radflow.accounts.models import User
from radflow.audit import services as audit
from worklist.models import CannotSay, PersonCheck
from worklist.services.booking import lock_order
from worklist.services.gate import usable
from worklist.spoken import recorded_birth_date, said_fits


@dataclass(frozen=True)
class Answers:
    """`birth_date` as typed; `side` the one that was confirmed, or empty.

    `cannot_say` is a CannotSay, then with the name of the `witness`.
    """

    name_said: bool = False
    birth_date: str = ""
    cannot_say: str = ""
    witness: str = ""
    side: str = ""


@transaction.atomic
def confirm_person(
    *, order_id: int, verification_id: int, user: User, answers: Answers
) -> PersonCheck:
    """Keep what was answered, enough or not; only what is enough lets an exam begin.

    Raises GateRefused where the two identifiers are not checked, and UnknownOrder.
    """
    order = lock_order(order_id)
    verification = usable(verification_id, order, user)
    fits = said_fits(order.patient, answers.birth_date)
    check = PersonCheck.objects.create(
        verification=verification,
        user=user,
        at=timezone.now(),
        name_said=answers.name_said,
        birth_date_said=answers.birth_date.strip()[:40],
        birth_date_expected=recorded_birth_date(order.patient),
        birth_date_matches=fits,
        cannot_say=answers.cannot_say,
        witness=answers.witness.strip()[:80],
        side=answers.side[:10],
        passed=_is_enough(order, answers, fits=fits),
    )
    _tell(order, check, user)
    return check


def _is_enough(order: Order, answers: Answers, *, fits: bool) -> bool:
    """A birth date that was said and does not fit is never made good by a witness."""
    if answers.side != order.laterality:
        return False
    if answers.birth_date.strip() and not fits:
        return False
    if answers.cannot_say:
        known = answers.cannot_say in CannotSay.values
        return known and bool(answers.witness.strip())
    return answers.name_said and fits


def _tell(order: Order, check: PersonCheck, user: User) -> None:
    kind, title, detail = _words(check)
    cause = Cause(user=user, at=check.at)
    note(order_id=order.pk, kind=kind, title=title, detail=detail, cause=cause)
    audit.record(
        "person_confirmed" if check.passed else "person_not_confirmed",
        actor=user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"verification": check.verification_id, "answers": check.pk},
    )


def _words(check: PersonCheck) -> tuple[str, str, str]:
    if check.birth_date_said and not check.birth_date_matches:
        detail = f"Expected {check.birth_date_expected}, got {check.birth_date_said}"
        return OrderEvent.Kind.STOP, gettext_noop("Birth date does not match"), detail
    if not check.passed:
        title = gettext_noop("Person not confirmed")
        return OrderEvent.Kind.STOP, title, "Answers are missing"
    how = "Name and birth date said by the patient"
    if check.cannot_say:
        how = f"{CannotSay(check.cannot_say).label}: {check.witness}"
    side = f", side {check.side} confirmed" if check.side else ""
    return OrderEvent.Kind.CHECK, gettext_noop("Person confirmed"), f"{how}{side}"
