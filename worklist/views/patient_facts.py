"""What must be known before an exam begins: risks said with it, plainly."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order, Sex

_PREGNANT = "B6"  # HL7 table 0009, PV1-15


@dataclass(frozen=True)
class Fact:
    """`warns` asks for a second look."""

    label: str
    text: str
    warns: bool = False


def facts_of(order: Order) -> list[Fact]:
    facts = [
        Fact(_("From"), _from(order)),
        Fact(_("Question"), order.reason or order.clinical_info or _("Not given")),
        _allergies(order),
        _pregnancy(order),
    ]
    if order.danger_code:
        facts.append(Fact(_("Danger"), order.danger_code, warns=True))
    if order.comments:
        facts.append(Fact(_("Comments"), order.comments))
    return facts


def _from(order: Order) -> str:
    place = order.visit.location if order.visit else ""
    how = order.transport.lower()
    return ", ".join(part for part in (place, how) if part) or _("Not known")


def _allergies(order: Order) -> Fact:
    known = order.patient.allergies
    return Fact(_("Allergy"), ", ".join(known) or _("None known"), warns=bool(known))


def _pregnancy(order: Order) -> Fact:
    if order.visit and _PREGNANT in order.visit.ambulatory_status:
        return Fact(_("Pregnancy"), _("Pregnant"), warns=True)
    if order.patient.sex == Sex.MALE:
        return Fact(_("Pregnancy"), _("Not applicable"))
    return Fact(_("Pregnancy"), _("Not known"))
