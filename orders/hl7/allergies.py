"""AL1 in words: "Iodinated contrast (drug, severe: hives)" (standards.md 3.3)."""

from __future__ import annotations

from radflow.hl7.message import NULL, Message, Segment

_LONGEST = 200  # what is kept of one
_TYPES = {
    "DA": "drug",
    "FA": "food",
    "MC": "contraindication",
    "EA": "environment",
    "AA": "animal",
    "PA": "plant",
    "LA": "pollen",
}
_SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}
# Tables 0127 and 0128: these codes add nothing.
_UNSAID = frozenset({"", NULL, "MA", "U"})


def read_allergies(message: Message) -> tuple[str, ...]:
    """Each with its type, severity and reactions, as far as they are said."""
    told = [_in_words(al1) for al1 in message.all("AL1")]
    return tuple(text for text in told if text)


def _in_words(al1: Segment) -> str:
    """What it is about is never cut; a reaction that has no room gives way."""
    what = al1.value(3, 2) or al1.value(3, 1)
    if what in ("", NULL):
        return ""
    kind = ", ".join(filter(None, (_word(al1, 2, _TYPES), _word(al1, 4, _SEVERITIES))))
    reactions = [rep.value(1) for rep in al1.repetitions(5)]
    reaction = ", ".join(one for one in reactions if one not in _UNSAID)
    full = ": ".join(filter(None, (kind, reaction)))
    fitting = (f"{what} ({note})" for note in (full, kind) if note)
    return next((text for text in fitting if len(text) <= _LONGEST), what)


def _word(al1: Segment, number: int, words: dict[str, str]) -> str:
    """By its code; the sender's own text for a code that is not of the table."""
    code, text = al1.value(number, 1), al1.value(number, 2)
    if code in _UNSAID:
        return "" if text in _UNSAID else text
    return words.get(code) or (text if text not in _UNSAID else code)
