"""Reads of the schedule, the boards and the worklist."""

from worklist.selectors.board import (
    BoardFilter,
    board_orders,
    counts_by_state,
    similar_names,
    similar_on_board,
)
from worklist.selectors.performed import unlinked_steps
from worklist.selectors.schedule import (
    Slot,
    bookings_of_day,
    free_slots,
    rooms,
    station_list,
    stations,
)

__all__ = [
    "BoardFilter",
    "Slot",
    "board_orders",
    "bookings_of_day",
    "counts_by_state",
    "free_slots",
    "rooms",
    "similar_names",
    "similar_on_board",
    "station_list",
    "stations",
    "unlinked_steps",
]
