"""Records that may be of one person: proposed, never merged by the machine (10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from orders.identity import PLACEHOLDERS, fold, sound
from orders.models import DuplicateCandidate, Patient, PatientIdentifier
from orders.requests import Identifier
from radflow.live import services as live

_MOST = 10  # of one new record; more would be a placeholder name we do not know
_LONGEST = 24  # digits of an identifier whose swaps are tried
_FULL_DATE = 8
SAME, SOUND, BORN, NUMBER, SPELLING = (
    gettext_noop("Same name and birth date"),
    gettext_noop("Names sound alike, same birth date"),
    gettext_noop("Same name, birth date with swapped digits"),
    gettext_noop("Identifier with swapped digits, same birth date"),
    gettext_noop("Same identifier under two spellings of its authority"),
)
_SCORES = {SPELLING: 95, SAME: 90, NUMBER: 85, SOUND: 70, BORN: 60}


def set_keys(patient: Patient) -> None:
    """By which look-alikes are found; the caller saves."""
    family, given = fold(patient.family_name), fold(patient.given_name)
    patient.name_key = f"{family}|{given}"[:200] if family not in PLACEHOLDERS else ""
    patient.sound_key = sound(family, given) if patient.name_key else ""


def propose(patient: Patient, identifiers: Iterable[Identifier] = ()) -> int:
    """Look for look-alikes of a record that is new or has another name or birth date.

    Two indexed look-ups; returns how many were proposed. What a person has decided
    on is not proposed again.
    """
    born = patient.birth_date_text[:_FULL_DATE]
    if not patient.name_key or len(born) < _FULL_DATE:
        return 0
    reasons: dict[int, list[str]] = {}
    for other in _by_name(patient, born)[:_MOST]:
        reasons.setdefault(other.pk, []).append(_why(patient, other, born))
    for pk in _by_number(patient, born, identifiers)[:_MOST]:
        reasons.setdefault(pk, []).append(NUMBER)
    rows = [_candidate(patient.pk, pk, why) for pk, why in reasons.items()]
    DuplicateCandidate.objects.bulk_create(rows, ignore_conflicts=True)
    for pk in reasons:
        live.publish("patient", pk)
    return len(rows)


def propose_pair(one: int, other: int, reason: str) -> None:
    """For a reason of its own; nothing where both are one, or a person has decided."""
    if one == other:
        return
    fresh = _candidate(one, other, [reason])
    found, is_new = DuplicateCandidate.objects.get_or_create(
        first_id=fresh.first_id,
        second_id=fresh.second_id,
        defaults={"reasons": fresh.reasons, "score": fresh.score},
    )
    if not is_new and reason not in found.reasons:
        found.reasons = [*found.reasons, reason]
        found.score = max(found.score, fresh.score)
        found.save(update_fields=["reasons", "score"])
    for pk in (one, other):
        live.publish("patient", pk)


def _by_name(patient: Patient, born: str) -> QuerySet[Patient]:
    alike = Q(birth_date_text=born, name_key=patient.name_key)
    if patient.sound_key.strip("|"):
        alike |= Q(birth_date_text=born, sound_key=patient.sound_key)
    dates = [*swaps(born), born[:4] + born[6:8] + born[4:6]]
    alike |= Q(birth_date_text__in=dates, name_key=patient.name_key)
    found = Patient.objects.filter(alike, merged_into=None).exclude(pk=patient.pk)
    return found.only("name_key", "birth_date_text").order_by("pk")


def _why(patient: Patient, other: Patient, born: str) -> str:
    if other.birth_date_text[:_FULL_DATE] != born:
        return BORN
    return SAME if other.name_key == patient.name_key else SOUND


def _by_number(
    patient: Patient, born: str, identifiers: Iterable[Identifier]
) -> list[int]:
    near = Q(pk__in=[])
    for one in identifiers:
        near |= Q(
            value__in=list(swaps(one.value[:_LONGEST])),
            assigning_authority=one.assigning_authority,
            type=one.type,
        )
    rows = PatientIdentifier.objects.filter(
        near, patient__birth_date_text=born, patient__merged_into=None
    )
    family = patient.name_key.partition("|")[0]
    rows = rows.filter(patient__name_key__startswith=f"{family}|")
    return list(rows.exclude(patient=patient).values_list("patient_id", flat=True))


def swaps(text: str) -> Iterator[str]:
    """The text with two neighbouring digits exchanged, each way once."""
    for index in range(len(text) - 1):
        one, other = text[index], text[index + 1]
        if one != other and one.isdigit() and other.isdigit():
            yield text[:index] + other + one + text[index + 2 :]


def _candidate(one: int, other: int, reasons: list[str]) -> DuplicateCandidate:
    return DuplicateCandidate(
        first_id=min(one, other),
        second_id=max(one, other),
        reasons=reasons,
        score=max(_SCORES[reason] for reason in reasons),
    )
