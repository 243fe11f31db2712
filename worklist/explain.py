"""Why an exam is, or is not, on a scanner's worklist: in words, each with its fix."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from orders.lifecycle import WORKLIST_STATES, ExamState
from orders.models import Order
from radflow.dicom.attributes import STEP, TOP
from radflow.dicom.datasets import AnswerPlan
from radflow.dicom.errors import ValueTooLong
from radflow.dicom.worklist_item import missing_type1
from worklist.items import build_item
from worklist.models import ScheduledStep, Station
from worklist.selectors.worklist import offered_to

_EVERYTHING = AnswerPlan(TOP, STEP, ())


@dataclass(frozen=True)
class Reason:
    """`offered` is true for the one reason why it is on the list."""

    text: str
    fix: str = ""
    offered: bool = False


def explain(order: Order, station: Station) -> list[Reason]:
    """Every obstacle between the order and this scanner; else that there is none."""
    reasons = [*_of_exam(order), *_of_station(station)]
    step = order.steps.filter(closed=False).order_by("start").first()
    if step is None:
        reasons.append(
            Reason(_("It has no open step."), _("Give it a time and a room."))
        )
    else:
        reasons += _of_step(order, step, station)
    if reasons:
        return reasons
    return [
        Reason(
            _("%(scanner)s is offered this exam.") % {"scanner": station.name},
            offered=True,
        )
    ]


def _of_exam(order: Order) -> list[Reason]:
    reasons = []
    if order.status not in WORKLIST_STATES:
        state = _("The exam's state is %(state)s.") % {
            "state": _(ExamState(order.status).label)
        }
        reasons.append(Reason(state, _fix_of(order.status)))
    if not order.modality:
        reasons.append(
            Reason(
                _("The exam has no modality."), _("Add its procedure to the catalogue.")
            )
        )
    if order.identity_conflict:
        reasons.append(
            Reason(_("The patient's identity is in doubt."), _("Resolve the conflict."))
        )
    return reasons


def _fix_of(status: str) -> str:
    if status == ExamState.ORDERED:
        return _("Give it a time and a room.")
    return _("Release the hold.") if status == ExamState.ON_HOLD else ""


def _of_station(station: Station) -> list[Reason]:
    if station.enabled:
        return []
    return [
        Reason(
            _("%(scanner)s is switched off.") % {"scanner": station.name},
            _("Enable the station."),
        )
    ]


def _of_step(order: Order, step: ScheduledStep, station: Station) -> list[Reason]:
    reasons = []
    if step.modality != station.modality:
        reasons.append(
            Reason(
                _("Modality is %(planned)s, %(scanner)s does %(own)s.")
                % {
                    "planned": step.modality,
                    "scanner": station.name,
                    "own": station.modality,
                }
            )
        )
    if order.modality and step.made_for != order.modality:
        reasons.append(
            Reason(
                _("The slot was made for %(before)s, the exam now needs %(now)s.")
                % {"before": step.made_for, "now": order.modality},
                _("Book it again."),
            )
        )
    if not ScheduledStep.objects.filter(offered_to(station), pk=step.pk).exists():
        where = order.station_ae_title or order.room_name or _("another scanner")
        reasons.append(
            Reason(_("It is planned for %(where)s.") % {"where": where}, _("Move it."))
        )
    return reasons + _of_item(step, station)


def _of_item(step: ScheduledStep, station: Station) -> list[Reason]:
    item = build_item(step)
    item = replace(item, station_ae=item.station_ae or station.ae_title)
    reasons = [
        Reason(
            _("%(name)s has no value.") % {"name": keyword}, _("Complete the order.")
        )
        for keyword in missing_type1(item)
    ]
    try:
        _EVERYTHING.answer(item, charset=station.charset)
    except ValueTooLong as error:
        reasons.append(Reason(f"{error}.", _("The sender must give a shorter one.")))
    return reasons
