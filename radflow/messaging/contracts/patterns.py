"""Patterns that people write, matched in time linear in the text.

The part of regular expressions that needs no backtracking: whatever somebody types
into a contract, no value can make it slow. Look-around, back references and anchors
inside a pattern are refused; the whole value must fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import gettext as _

LONGEST_VALUE = 1000
MOST_STATES = 600
MOST_MOVES = 500
_ATOM = re.compile(
    r"(?P<set>\[\^?(?:\\.|[^\]\[\\])+\])|(?P<any>\.)|(?P<class>\\[dDwWsS])"
    r"|\\(?P<escaped>[^A-Za-z0-9])|(?P<plain>[^\\()\[\]{}*+?|^$])"
)
_REPEAT = re.compile(r"\*|\+|\?|\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
# Python may give these a meaning in sets one day, and warns until then.
_DOUBLED = re.compile(r"--|&&|~~|\|\|")
Test = Callable[[str], object]


class PatternError(ValueError):
    """The text says what cannot be read."""


@dataclass(frozen=True)
class _Node:
    """A character (`test`), a sequence, a choice, or a repeat of its one part."""

    kind: str
    parts: tuple[_Node, ...] = ()
    test: Test | None = None
    low: int = 1
    high: int | None = 1


@dataclass
class Pattern:
    """States that consume a character have a test; others only lead on."""

    tests: list[Test | None] = field(default_factory=list)
    ways: list[list[int]] = field(default_factory=list)
    start: int = 0
    end: int = 0
    _moves: dict[tuple[frozenset[int], str], frozenset[int]] = field(
        default_factory=dict
    )

    def fits(self, text: str) -> bool:
        """The whole text; one longer than LONGEST_VALUE never does."""
        if len(text) > LONGEST_VALUE:
            return False
        active = self._reach({self.start})
        for char in text:
            active = self._moved(active, char)
            if not active:
                return False
        return self.end in active

    def _moved(self, active: frozenset[int], char: str) -> frozenset[int]:
        """Each step is worked out once: values of a field look alike."""
        moved = self._moves.get((active, char))
        if moved is None:
            moved = self._reach(self._after(active, char))
            if len(self._moves) < MOST_MOVES:
                self._moves[active, char] = moved
        return moved

    def _after(self, active: frozenset[int], char: str) -> set[int]:
        found: set[int] = set()
        for state in active:
            test = self.tests[state]
            if test is not None and test(char):
                found.update(self.ways[state])
        return found

    def _reach(self, states: set[int]) -> frozenset[int]:
        found, todo = set(states), list(states)
        while todo:
            state = todo.pop()
            if self.tests[state] is None:
                fresh = [way for way in self.ways[state] if way not in found]
                found.update(fresh)
                todo += fresh
        return frozenset(found)

    def add(self, test: Test | None = None) -> int:
        if len(self.tests) >= MOST_STATES:
            raise PatternError(_("This pattern is too large. Give smaller counts."))
        self.tests.append(test)
        self.ways.append([])
        return len(self.tests) - 1


@lru_cache(maxsize=128)
def pattern(text: str) -> Pattern:
    """Read a pattern; PatternError for what is not understood."""
    body = text.removeprefix("^")
    if body.endswith("$") and not body.endswith("\\$"):
        body = body[:-1]
    reader = _Reader(body)
    node = reader.choice()
    if reader.rest:
        raise _not_understood(reader.rest)
    made = Pattern()
    made.start = made.add()
    made.end = _emit(made, node, made.start)
    return made


def _not_understood(rest: str) -> PatternError:
    return PatternError(_("Not understood from “%(rest)s” on.") % {"rest": rest[:12]})


class _Reader:
    def __init__(self, text: str) -> None:
        self.rest = text
        self.depth = 0

    def choice(self) -> _Node:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        return _Node("choice", tuple(options)) if len(options) > 1 else options[0]

    def _take(self, text: str) -> bool:
        taken = self.rest.startswith(text)
        self.rest = self.rest[len(text) :] if taken else self.rest
        return taken

    def _sequence(self) -> _Node:
        parts = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self._repeated(self._one()))
        return _Node("sequence", tuple(parts))

    def _one(self) -> _Node:
        if self._take("(?:") or (not self.rest.startswith("(?") and self._take("(")):
            return self._group()
        match = _ATOM.match(self.rest)
        if match is None:
            raise _not_understood(self.rest)
        self.rest = self.rest[match.end() :]
        return _Node("character", test=_test(match))

    def _group(self) -> _Node:
        self.depth += 1
        if self.depth > 20:
            raise PatternError(_("Brackets are nested too deep."))
        node = self.choice()
        if not self._take(")"):
            raise PatternError(_("A bracket is not closed."))
        self.depth -= 1
        return node

    def _repeated(self, node: _Node) -> _Node:
        match = _REPEAT.match(self.rest)
        if match is None:
            return node
        self.rest = self.rest[match.end() :]
        if self.rest[:1] in ("*", "+", "?", "{"):
            raise PatternError(_("A repeat of a repeat, or a lazy one, is not read."))
        low, high = _bounds(match)
        if high is not None and high < low:
            raise PatternError(_("A repeat has its bounds the wrong way round."))
        return _Node("repeat", (node,), low=low, high=high)


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    simple: dict[str, tuple[int, int | None]] = {
        "*": (0, None),
        "+": (1, None),
        "?": (0, 1),
    }
    if match[0] in simple:
        return simple[match[0]]
    low = int(match[1])
    if not match[2]:
        return low, low
    return low, int(match[3]) if match[3] else None


def _test(match: re.Match[str]) -> Test:
    if match["any"]:
        return bool
    if plain := match["plain"] or match["escaped"]:
        return plain.__eq__
    text = match[0]
    if _DOUBLED.search(text):
        raise PatternError(_("Write a doubled mark in a set once, or escape it."))
    try:
        return re.compile(text, re.ASCII).fullmatch
    except re.error as error:
        said = _("The set %(set)s is not valid.") % {"set": text[:20]}
        raise PatternError(said) from error


def _emit(made: Pattern, node: _Node, state: int) -> int:
    """Lay the node down behind `state`; returns the state where it ends."""
    match node.kind:
        case "character":
            tested = made.add(node.test)
            made.ways[state].append(tested)
            state = made.add()
            made.ways[tested].append(state)
        case "sequence":
            for part in node.parts:
                state = _emit(made, part, state)
        case "choice":
            ends = [_emit(made, part, _step(made, state)) for part in node.parts]
            state = made.add()
            for end in ends:
                made.ways[end].append(state)
        case "repeat":
            state = _emit_repeat(made, node, state)
    return state


def _step(made: Pattern, state: int) -> int:
    made.ways[state].append(made.add())
    return made.ways[state][-1]


def _emit_repeat(made: Pattern, node: _Node, state: int) -> int:
    (part,) = node.parts
    for _turn in range(node.low):
        state = _emit(made, part, _step(made, state))
    if node.high is None:
        before = _step(made, state)
        made.ways[_emit(made, part, before)].append(before)
        return _step(made, before)
    skipped = [state]
    for _turn in range(node.high - node.low):
        state = _emit(made, part, _step(made, state))
        skipped.append(state)
    end = made.add()
    for left in skipped:
        made.ways[left].append(end)
    return end
