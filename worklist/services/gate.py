"""The scan gate: two identifiers must fit this exam before it may begin."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import UnknownOrder
from orders.models import Order, OrderEvent, PatientIdentifier
from orders.services import note
from radflow.accounts.models import User
from radflow.audit import services as audit
from worklist.exceptions import GateRefused
from worklist.models import PersonCheck, Verification
from worklist.services.safety import require_safe
from worklist.spoken import said_fits

VALID_FOR = timedelta(minutes=10)
_LONGEST = 250


@transaction.atomic
def verify_identity(
    *,
    order_id: int,
    user: User,
    presented_patient_id: str,
    presented_accession: str,
    method: str,
) -> Verification:
    """Compare what was scanned or typed with this exam, and keep it, matched or not.

    `presented_patient_id` may be a bare identifier or a CX (`value^^^authority`).
    """
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder(gettext("There is no such order."))
    patient_id = presented_patient_id.strip()
    accession = presented_accession.strip()
    verification = Verification.objects.create(
        order=order,
        user=user,
        at=timezone.now(),
        method=method,
        expected_patient_id=_expected(order),
        presented_patient_id=patient_id[:_LONGEST],
        expected_accession=order.accession_number,
        presented_accession=accession[:_LONGEST],
        patient_matches=is_patient(order, patient_id),
        accession_matches=accession == order.accession_number,
        exam=exam_of(order),
        order_version=order.version,
    )
    _tell(order, verification, user)
    return verification


def is_patient(order: Order, presented: str) -> bool:
    """Whether the text is an identifier of the order's patient that identifies alone.

    With an authority both must fit; without, a value that another patient also has
    under another authority proves nothing.
    """
    value, authority = _read_cx(presented)
    if not value:
        return False
    fitting = PatientIdentifier.objects.filter(value=value)
    if authority:
        fitting = fitting.filter(assigning_authority=authority)
    owners = {row.patient_id for row in fitting if row.preferred or row.type == "MR"}
    return owners == {order.patient_id}


def _read_cx(text: str) -> tuple[str, str]:
    parts = [part.strip() for part in text.split("^")]
    authority = parts[3].partition("&")[0] if len(parts) > 3 else ""
    return parts[0], authority


def exam_of(order: Order) -> str:
    """What was to be done when identity was checked; a change needs a new check."""
    return f"{order.procedure_code} {order.laterality}".strip()[:80]


def _expected(order: Order) -> str:
    known = order.patient.identifiers.order_by("-preferred", "id")
    return next((one.value for one in known), "")


def _tell(order: Order, verification: Verification, user: User) -> None:
    kind, title, detail = _words(verification)
    cause = Cause(user=user, at=verification.at)
    note(order_id=order.pk, kind=kind, title=title, detail=detail, cause=cause)
    audit.record(
        "identity_checked" if verification.matched else "identity_mismatched",
        actor=user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"verification": verification.pk, "method": verification.method},
    )


def _words(verification: Verification) -> tuple[str, str, str]:
    how = verification.get_method_display().lower()
    if verification.matched:
        detail = f"Patient identifier and accession {how}, both match"
        return OrderEvent.Kind.CHECK, gettext_noop("Identity checked"), detail
    wrong = [
        f"{name}: expected {expected}, got {presented[:80] or 'nothing'}"
        for name, fits, expected, presented in (
            (
                "patient",
                verification.patient_matches,
                verification.expected_patient_id,
                verification.presented_patient_id,
            ),
            (
                "accession",
                verification.accession_matches,
                verification.expected_accession,
                verification.presented_accession,
            ),
        )
        if not fits
    ]
    detail = f"{'; '.join(wrong)} ({how})"[:500]
    return OrderEvent.Kind.STOP, gettext_noop("Identity does not match"), detail


def spend(verification_id: int, order: Order, user: User) -> Verification:
    """Use up a check so that this person may begin this exam now; else GateRefused.

    Called with the order locked. Compares again with the exam and the person as they
    are now: a merge or a change since the check makes it worthless.
    """
    verification = usable(verification_id, order, user)
    answers = verification.answers.order_by("-id").first()
    if answers is None or not answers.passed:
        raise GateRefused(
            gettext("Name and birth date are not confirmed. Ask the patient first.")
        )
    if answers.side != order.laterality or not answers_fit(answers, order):
        raise GateRefused(_changed())
    require_safe(order)
    verification.used_at = timezone.now()
    verification.save(update_fields=["used_at"])
    return verification


def usable(verification_id: int, order: Order, user: User) -> Verification:
    """The check, locked: it is this person's, fresh, and of this exam as it is now.

    Raises GateRefused. An identifier that could not be read counts as read where two
    people signed for it.
    """
    verification = own_check(verification_id, order, user)
    if not verification.accepted:
        raise GateRefused(gettext("The scanned values do not match this exam."))
    if not _still_fits(verification, order):
        raise GateRefused(_changed())
    return verification


def own_check(verification_id: int, order: Order, user: User) -> Verification:
    """The check, locked, matching or not: this person's, unused and fresh."""
    found = Verification.objects.select_for_update().filter(pk=verification_id)
    verification = found.first()
    if verification is None or verification.order_id != order.pk:
        raise GateRefused(gettext("The check belongs to another exam. Scan again."))
    if verification.user_id != user.pk:
        raise GateRefused(
            gettext("Somebody else made this check. Scan again yourself.")
        )
    if verification.used_at is not None:
        raise GateRefused(gettext("This check was used already. Scan again."))
    if timezone.now() - verification.at > VALID_FOR:
        raise GateRefused(gettext("The check is older than ten minutes. Scan again."))
    return verification


def answers_fit(answers: PersonCheck, order: Order) -> bool:
    """What was said is still what is on record; spoken for by another, it is."""
    if not answers.birth_date_said:
        return bool(answers.cannot_say)
    return said_fits(order.patient, answers.birth_date_said)


def _changed() -> str:
    return gettext("The exam changed since the check. Look, then scan again.")


def _still_fits(verification: Verification, order: Order) -> bool:
    """What was read is still this exam's; what was not is still nobody else's."""
    fits_patient = is_patient(order, verification.presented_patient_id)
    fits_accession = verification.presented_accession == order.accession_number
    if verification.overridden:
        return (
            verification.expected_patient_id == _expected(order)
            and verification.expected_accession == order.accession_number
            and verification.exam == exam_of(order)
            and (fits_patient or fits_accession)
            and not is_of_another(verification, order)
        )
    return fits_accession and verification.exam == exam_of(order) and fits_patient


def is_of_another(verification: Verification, order: Order) -> bool:
    """Whether anything that was read belongs to another known person or exam.

    An own number under another authority is another person's, too.
    """
    read = (verification.presented_patient_id, verification.presented_accession)
    values = {value for text in read for value in (text, _read_cx(text)[0]) if value}
    values |= {value.upper() for value in values}
    owners = PatientIdentifier.objects.filter(value__in=values)
    orders = Order.objects.filter(accession_number__in=values)
    has_authority = bool(_read_cx(verification.presented_patient_id)[1])
    return (
        owners.exclude(patient=order.patient_id).exists()
        or orders.exclude(pk=order.pk).exists()
        or (has_authority and not verification.patient_matches)
    )
