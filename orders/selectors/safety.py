"""The safety checklist of an exam: what is asked, what was answered, what stops it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import (
    AnswerKind,
    Known,
    Order,
    Patient,
    Pregnancy,
    Procedure,
    Protocolling,
    SafetyAnswer,
    SafetyQuestion,
    Sex,
)
from orders.models.safety import parts_of
from orders.selectors.procedures import procedures_of
from orders.selectors.protocols import protocols_of
from radflow.sites.models import Site

# A patient may be pregnant, or have an implant, since: an old answer is asked again.
ANSWERS_HOLD = timedelta(hours=24)
_PREGNANT = "B6"  # HL7 table 0009, PV1-15


@dataclass(frozen=True)
class Asked:
    """One line of the checklist; `answer` is the one that counts now, if any."""

    question: SafetyQuestion
    answer: SafetyAnswer | None
    known: str = ""

    @property
    def is_open(self) -> bool:
        return self.question.required and self.answer is None

    @property
    def is_stopping(self) -> bool:
        """By the rule of then or of now, and nobody has let the exam go on."""
        if self.answer is None or self.answer.released:
            return False
        return self.answer.stops or stops(self.question, self.answer.value)


def checklist_of(order: Order, site: Site | None) -> list[Asked]:
    """What is asked for this exam at that site, with what was answered of late."""
    return checklists_of([order], site)[order.pk]


def checklists_of(orders: Sequence[Order], site: Site | None) -> dict[int, list[Asked]]:
    """Of several, by id; five queries for all of them."""
    asked = _of_site(site)
    if not asked or not orders:
        return {order.pk: [] for order in orders}
    procedures, protocols = procedures_of(orders), protocols_of(orders)
    last = _last_answers(orders)
    return {
        order.pk: [
            _line(question, order, last.get((order.pk, question.pk)))
            for question in asked
            if _applies(question, order, procedures[order.pk], protocols.get(order.pk))
        ]
        for order in orders
    }


def _line(question: SafetyQuestion, order: Order, answer: SafetyAnswer | None) -> Asked:
    if answer is not None and not _counts(answer, question, order):
        answer = None
    return Asked(question, answer, known_of(order, question))


def _of_site(site: Site | None) -> list[SafetyQuestion]:
    """Those of everywhere; the site's own take the place of those of their code."""
    here = Q(site=None) | Q(site=site) if site else Q(site=None)
    found = list(SafetyQuestion.objects.filter(here))
    own = {one.code for one in found if one.site_id is not None}
    return [one for one in found if one.active and (one.site_id or one.code not in own)]


def contrast_exams(orders: Sequence[Order]) -> set[int]:
    """Those, by id, of which contrast is expected, so that their end asks for it."""
    procedures, protocols = procedures_of(orders), protocols_of(orders)
    return {
        order.pk
        for order in orders
        if (one := procedures[order.pk])
        and _with_contrast(one, protocols.get(order.pk))
    }


def _with_contrast(procedure: Procedure | None, protocol: Protocolling | None) -> bool:
    """By the catalogue or the protocol; an unknown procedure may be one."""
    if protocol is not None and protocol.contrast:
        return True
    return procedure is None or procedure.contrast


def _applies(
    question: SafetyQuestion,
    order: Order,
    procedure: Procedure | None,
    protocol: Protocolling | None,
) -> bool:
    modalities = parts_of(question.modalities)
    if modalities and order.modality.upper() not in modalities:
        return False
    codes = {order.procedure_code, procedure.code if procedure else ""}
    wanted = parts_of(question.procedures)
    if wanted and not wanted & {code.upper() for code in codes}:
        return False
    if question.with_contrast and not _with_contrast(procedure, protocol):
        return False
    return _fits_sex(question, order) and _fits_age(question, order)


def _fits_sex(question: SafetyQuestion, order: Order) -> bool:
    """Only who is known to be of the other sex is not asked."""
    others = {Sex.FEMALE: Sex.MALE, Sex.MALE: Sex.FEMALE}
    if not question.sex:
        return True
    return order.patient.sex != others.get(Sex(question.sex))


def _fits_age(question: SafetyQuestion, order: Order) -> bool:
    """Whose age is not known is asked."""
    born = _born(order.patient)
    if born is None:
        return True
    years = _years(born, timezone.localdate())
    low, high = question.age_from, question.age_to
    return (low is None or years >= low) and (high is None or years <= high)


def _born(patient: Patient) -> date | None:
    """As it was sent, where it is a whole date."""
    if patient.birth_date:
        return patient.birth_date
    text = patient.birth_date_text[:8]
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _last_answers(orders: Sequence[Order]) -> dict[tuple[int, int], SafetyAnswer]:
    found = SafetyAnswer.objects.filter(order__in=orders).order_by("id")
    found = found.select_related("user", "release__user", "release__signer")
    return {(one.order_id, one.question_id): one for one in found}


def answers_of(order: Order) -> list[SafetyAnswer]:
    """Every answer, the newest first, with who gave and who released it."""
    found = SafetyAnswer.objects.filter(order=order)
    return list(found.select_related("user", "release__user", "release__signer"))


def latest_of(answers: Iterable[SafetyAnswer]) -> list[SafetyAnswer]:
    """Of answers, newest first, the last to each question, as they were asked."""
    last: dict[int, SafetyAnswer] = {}
    for one in answers:
        last.setdefault(one.question_id, one)
    return sorted(last.values(), key=lambda one: one.pk)


def _counts(answer: SafetyAnswer, question: SafetyQuestion, order: Order) -> bool:
    """For this patient, to this very question, and not long ago."""
    same = (answer.text, answer.kind, answer.unit) == (
        question.text,
        question.kind,
        question.unit,
    )
    is_fresh = timezone.now() - answer.at <= ANSWERS_HOLD
    return same and is_fresh and answer.patient_number == order.patient_id


def stops(question: SafetyQuestion, value: str) -> bool:
    """Whether this answer stops an exam, by the rule as it is now."""
    if question.kind != AnswerKind.NUMBER:
        return value.upper() in parts_of(question.stops_on)
    number = number_of(value)
    below, above = question.stops_below, question.stops_above
    if number is None:
        return below is not None or above is not None
    return (below is not None and number < below) or (
        above is not None and number > above
    )


def number_of(text: str) -> Decimal | None:
    """As people write it, with a comma or a point; None: no number."""
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 1_000_000 else None


def open_codes(lines: Sequence[Asked]) -> list[str]:
    return [line.question.code for line in lines if line.is_open]


def stopping_codes(lines: Sequence[Asked]) -> list[str]:
    return [line.question.code for line in lines if line.is_stopping]


def known_of(order: Order, question: SafetyQuestion) -> str:
    """What the order brought, to be read beside the question."""
    match question.known:
        case Known.PREGNANCY:
            return _pregnancy(order)
        case Known.ALLERGIES:
            return ", ".join(order.patient.allergies) or _("None known")
        case Known.ALERTS:
            return ", ".join(
                [*order.patient.alerts, *filter(None, [order.danger_code])]
            )
    return ""


def _pregnancy(order: Order) -> str:
    if order.visit and _PREGNANT in order.visit.ambulatory_status:
        return str(Pregnancy.DEFINITELY.label)
    known = order.patient.pregnancy
    return str(Pregnancy(known).label) if known else _("Not known")
