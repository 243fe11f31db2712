"""What must be known before an exam begins: risks said with it, plainly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import Order, Protocolling, Sex
from orders.selectors.protocols import lacks_protocol, protocol_of
from orders.selectors.safety import Asked, open_codes, stopping_codes

_PREGNANT = "B6"  # HL7 table 0009, PV1-15


@dataclass(frozen=True)
class Fact:
    """`warns` asks for a second look; `long` wants a line of its own."""

    label: str
    text: str
    warns: bool = False
    long: bool = False


def facts_of(order: Order, lines: Sequence[Asked] = ()) -> list[Fact]:
    """`lines` is the safety checklist."""
    protocol = protocol_of(order)
    facts = [
        Fact(_("From"), _from(order)),
        Fact(_("Question"), order.reason or order.clinical_info or _("Not given")),
        _allergies(order),
        _pregnancy(order),
        *_protocol(order, protocol),
    ]
    if order.danger_code:
        facts.append(Fact(_("Danger"), order.danger_code, warns=True))
    if order.comments:
        facts.append(Fact(_("Comments"), order.comments))
    if protocol and protocol.note:
        label = _("Note on the protocol")
        facts.append(Fact(label, protocol.note, warns=True, long=True))
    if lines:
        facts.append(_safety(lines))
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


def _protocol(order: Order, protocol: Protocolling | None) -> list[Fact]:
    """How it is to be done, or that nobody has said so yet."""
    if protocol:
        contrast = _("with contrast") if protocol.contrast else ""
        said = ", ".join(part for part in (protocol.text, contrast) if part)
        return [Fact(_("Protocol"), said)]
    if lacks_protocol(order):
        return [Fact(_("Protocol"), _("Not protocolled"), warns=True)]
    return []


def _safety(lines: Sequence[Asked]) -> Fact:
    if stopping := stopping_codes(lines):
        text = _("Stops the exam: %(questions)s") % {"questions": ", ".join(stopping)}
        return Fact(_("Safety"), text, warns=True)
    if missing := open_codes(lines):
        text = ngettext(
            "%(number)s question open", "%(number)s questions open", len(missing)
        )
        return Fact(_("Safety"), text % {"number": len(missing)}, warns=True)
    said = "; ".join(_said(line) for line in lines if line.answer)
    return Fact(_("Safety"), said or _("Nothing required is open"), long=bool(said))


def _said(line: Asked) -> str:
    """By its code: the questions themselves are on their own page."""
    answer = line.answer
    shown = f"{line.question.code} {answer.shown}" if answer else ""
    return _("%(answer)s, released") % {"answer": shown} if _is_let(line) else shown


def _is_let(line: Asked) -> bool:
    return bool(line.answer and line.answer.stops and line.answer.released)
