"""Reads of the schedule, the boards and the worklist."""

from worklist.selectors.alike import LookAlikes, look_alikes
from worklist.selectors.board import BoardFilter, board_orders, counts_by_state
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
    "LookAlikes",
    "Search",
    "Slot",
    "Wishes",
    "board_orders",
    "bookings_of_day",
    "counts_by_state",
    "find_slots",
    "free_slots",
    "look_alikes",
    "rooms",
    "rooms_for",
    "station_list",
    "stations",
    "unlinked_steps",
    "why_not",
]
