"""State machines as data: a table of (state, event) pairs and one function."""

from __future__ import annotations

from collections.abc import Mapping
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
