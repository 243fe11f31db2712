"""Comparing person names (PS3.5 6.2.1, PS3.4 C.2.2.2.1 and C.2.2.2.4)."""

from __future__ import annotations

from radflow.dicom.criteria import (
    ANYTHING,
    AnyOf,
    Single,
    TextCriterion,
    Universal,
    Wildcard,
    compiled,
    text_criterion,
)


def groups(name: str) -> tuple[str, ...]:
    """Alphabetic, ideographic, phonetic, folded: case and trailing carets gone."""
    return tuple(_folded(group) for group in name.split("="))


def name_criterion(text: str) -> TextCriterion:
    """The criterion of a PN key, already folded for comparison.

    A query of several component groups stays one text with ``=``.
    """
    folded = "=".join(groups(text.strip(" \0"))).rstrip("=")
    if not folded.replace("=", "").strip("*^"):
        return ANYTHING
    return text_criterion((folded,))


def matches_name(name: str, criterion: TextCriterion) -> bool:
    """One queried group may match any group of the name; several match pairwise."""
    match criterion:
        case Universal():
            return True
        case Single(wanted) | Wildcard(wanted):
            return _matches_groups(groups(name), wanted.split("="))
        case AnyOf(values):
            return any(matches_name(name, Single(value)) for value in values)


def _matches_groups(present: tuple[str, ...], wanted: list[str]) -> bool:
    if len(wanted) == 1:
        return any(_matches(group, wanted[0]) for group in present if group)
    padded = (*present, "", "", "")
    return all(
        _matches(group, pattern)
        for group, pattern in zip(padded, wanted, strict=False)
        if pattern
    )


def _matches(group: str, pattern: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return group == pattern
    # The name may lack components the pattern spells out: "SMITH^*^*" means SMITH too.
    wide = group + "^" * max(0, pattern.count("^") - group.count("^"))
    expression = compiled(pattern)
    return bool(expression.fullmatch(group) or expression.fullmatch(wide))


def _folded(group: str) -> str:
    components = (component.strip() for component in group.split("^"))
    return "^".join(components).rstrip("^").casefold()
