"""The steps of the scan gate, as the services take them."""

from __future__ import annotations

from typing import Any

from orders.models import Order
from radflow.accounts.models import User
from worklist.models import PersonCheck, Verification
from worklist.services import Answers, begin_exam, confirm_person, verify_identity
from worklist.spoken import recorded_birth_date


def scanned(order: Order, user: User, **changes: str) -> Verification:
    """Both barcodes of the exam, unless changed."""
    values = {
        "presented_patient_id": order.patient.identifiers.order_by("pk")[0].value,
        "presented_accession": order.accession_number,
        "method": "scanned",
        **changes,
    }
    return verify_identity(order_id=order.pk, user=user, **values)


def answered(check: Verification, **changes: Any) -> PersonCheck:
    """The patient says name, birth date and side, unless changed."""
    born = recorded_birth_date(check.order.patient)
    values = {
        "name_said": True,
        "birth_date": f"{born[6:]}-{born[4:6]}-{born[:4]}",
        "side": check.order.laterality,
        **changes,
    }
    return confirm_person(
        order_id=check.order_id,
        verification_id=check.pk,
        user=check.user,
        answers=Answers(**values),
    )


def begun(order: Order, user: User) -> Order:
    check = scanned(order, user)
    answered(check)
    return begin_exam(order_id=order.pk, user=user, verification_id=check.pk)
