"""Writes to rooms' time, identity checks and performed steps: every edge's way in."""

from worklist.services.booking import arrive, book_step, no_show, unbook, undo_arrival
from worklist.services.exams import begin_exam, discontinue_exam, end_exam
from worklist.services.gate import verify_identity

__all__ = [
    "arrive",
    "begin_exam",
    "book_step",
    "discontinue_exam",
    "end_exam",
    "no_show",
    "unbook",
    "undo_arrival",
    "verify_identity",
]
