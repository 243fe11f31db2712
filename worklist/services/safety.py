"""No exam begins at the gate past its safety checklist."""

from __future__ import annotations

from django.utils.translation import gettext

from orders.models import Order
from orders.selectors.safety import open_codes, stopping_codes
from worklist.exceptions import GateRefused
from worklist.selectors.safety import checklist


def require_safe(order: Order) -> None:
    """Raises GateRefused while a question is open, or an answer stops the exam.

    Called with the order locked: nothing is answered in between.
    """
    lines = checklist(order)
    if missing := open_codes(lines):
        text = gettext("Safety questions are not answered yet: %(questions)s.")
        questions = ", ".join(missing)
        raise GateRefused(text % {"questions": questions}, code="SAFETY_OPEN")
    if stopping := stopping_codes(lines):
        text = gettext(
            "An answer stops this exam: %(questions)s. Ask the radiologist first; then "
            "a second person releases it."
        )
        questions = ", ".join(stopping)
        raise GateRefused(text % {"questions": questions}, code="SAFETY_STOP")
