"""State machines as data: a table of (state, event) pairs and one function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)


class IllegalTransition(Exception):
    """The table holds no next state for this pair."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state = state
        self.event = event


def next_state(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state after `event`; raises IllegalTransition where the table is silent."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def read_matrix(
    text: str, letters: Mapping[str, S], events: Iterable[E]
) -> dict[tuple[S, E], str]:
    """The cells of a table: events in the first line, then a state and its cells.

    A first column such as `FCA` stands for several states with the same cells.
    """
    head, *rows = text.strip("\n").splitlines()
    by_name = {str(event): event for event in events}
    columns = [by_name[word] for word in head.split()]
    return {
        (letters[letter], event): cell
        for states, *cells in (row.split() for row in rows)
        for letter in states
        for event, cell in zip(columns, cells, strict=True)
    }
