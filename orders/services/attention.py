"""What an order needs attention for: one reason, and that patient data differ.

A new reason replaces the old one. That a message gives other patient data stays beside
any of them until a person has seen it.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.models import Order

PATIENT_DIFFERS = gettext_noop(
    "The ordering system gives another family name, birth date or sex than our file. "
    "Compare with the wristband, and ask the patient."
)
# Short, so that every reason keeps its room.
BESIDE = gettext_noop(
    "Patient data differ too: compare with the wristband, and ask the patient."
)
_LONGEST = 300


def reason_of(order: Order) -> str:
    """Without the warning of patient data."""
    if order.needs_attention == PATIENT_DIFFERS:
        return ""
    return order.needs_attention.removesuffix(BESIDE).rstrip()


def put_reason(order: Order, reason: str) -> None:
    """The caller holds the order locked and saves it; empty takes the reason away."""
    order.needs_attention = with_warning(reason) if _warns(order) else reason[:_LONGEST]


def put_warning(order: Order) -> None:
    order.needs_attention = with_warning(reason_of(order))


def with_warning(reason: str) -> str:
    if not reason:
        return PATIENT_DIFFERS
    return f"{reason[: _LONGEST - len(BESIDE) - 1]} {BESIDE}"


def _warns(order: Order) -> bool:
    return order.needs_attention.endswith((PATIENT_DIFFERS, BESIDE))
