"""Ranges of product versions, such as `>=7.0,<8`, or a name such as `VB60A`."""

from __future__ import annotations

from django.utils.translation import gettext as _
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from radflow.messaging.models.peer import ANY

_OPERATORS = ("<", ">", "=", "!", "~")


def is_range(text: str) -> bool:
    return text.strip().startswith(_OPERATORS)


def fault_in(text: str) -> str:
    """What is wrong with a range, as a sentence; empty if it can be read."""
    if not text.strip():
        return _("Give a version, a range, or * for any.")
    if is_range(text) and _specifiers(text) is None:
        return _("A range is written as >=7.0,<8.")
    return ""


def _specifiers(text: str) -> SpecifierSet | None:
    try:
        found = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return None if any(one.operator == "===" for one in found) else found


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def holds(text: str, declared: str) -> bool:
    """Whether the declared version of a product is within."""
    if text == ANY:
        return True
    if not is_range(text):
        return text.casefold() == declared.casefold()
    found, version = _specifiers(text), _version(declared)
    if found is None or version is None:
        return False
    return found.contains(version, prereleases=True)


def overlap(one: str, other: str) -> bool:
    """Whether some version is within both. `*` gives way to what is narrower."""
    if one == ANY or other == ANY:
        return one == other
    if is_range(one) and is_range(other):
        return any(holds(one, v) and holds(other, v) for v in _edges(one, other))
    if is_range(one):
        one, other = other, one
    return holds(other, one)


def _edges(*ranges: str) -> list[str]:
    """The lowest version of any intersection is one of these: a bound or just above."""
    bounds = ["0"]
    for text in ranges:
        for one in _specifiers(text) or ():
            bounds.append(one.version.removesuffix(".*"))
    return [version for v in bounds for version in (v, f"{v}.0.0.0.1", f"{v}.post1")]
