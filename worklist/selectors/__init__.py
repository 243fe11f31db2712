"""Reads of the schedule, the boards and the worklist."""

from worklist.selectors.board import (
    BoardFilter,
    board_orders,
    counts_by_state,
    similar_names,
    similar_on_board,
)
from worklist.selectors.free_time import (
    Search,
    Wishes,
    find_slots,
    free_slots,
    rooms_for,
    why_not,
)
from worklist.selectors.performed import unlinked_steps
from worklist.selectors.schedule import (
    Slot,
    bookings_of_day,
    rooms,
    station_list,
    stations,
)

__all__ = [
    "BoardFilter",
    "Search",
    "Slot",
    "Wishes",
    "board_orders",
    "bookings_of_day",
    "counts_by_state",
    "find_slots",
    "free_slots",
    "rooms",
    "rooms_for",
    "similar_names",
    "similar_on_board",
    "station_list",
    "stations",
    "unlinked_steps",
    "why_not",
]
