"""Writes to rooms' time, identity checks and performed steps: every edge's way in."""

from worklist.services.blocks import block, unblock
from worklist.services.booking import arrive, book_step, no_show, unbook, undo_arrival
from worklist.services.exams import (
    begin_exam,
    discontinue_exam,
    end_exam,
    finish_exam,
)
from worklist.services.gate import verify_identity
from worklist.services.inserting import insert, propose_insertion
from worklist.services.overriding import override_check
from worklist.services.person import Answers, confirm_person
from worklist.services.series import book_series, plan_series
from worklist.services.swapping import swap
from worklist.services.waiting import put_on_list, take_off_list

__all__ = [
    "Answers",
    "arrive",
    "begin_exam",
    "block",
    "book_series",
    "book_step",
    "confirm_person",
    "discontinue_exam",
    "end_exam",
    "finish_exam",
    "insert",
    "no_show",
    "override_check",
    "plan_series",
    "propose_insertion",
    "put_on_list",
    "swap",
    "take_off_list",
    "unblock",
    "unbook",
    "undo_arrival",
    "verify_identity",
]
