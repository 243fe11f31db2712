"""What should become of an order under one placer number, as the standard tells it.

Its own words (section 14.1 as text, section 5.4 in plain Python); no code of the
product.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.machines import standard

TABLE = standard.read(standard.EXAM)
ENDED = "CDX"
CONTROLS = {"CA": "can", "DC": "dis", "HD": "hld", "RL": "rel", "XO": "chg"}


class Refusal(Exception):
    """The code that the sender hears."""


@dataclass
class Exam:
    """`effects` counts what happened to it: each once, repeats not at all."""

    ordered: int
    changed: int
    state: str = "O"
    before_hold: str = ""
    before_start: str = ""
    flagged: bool = False
    ended: int = 0
    effects: int = 0

    def happen(self, event: str, *, guard: bool = False) -> bool:
        """Whether anything came of it."""
        expected = TABLE[self.state, event][guard]
        if expected.refusal:
            raise Refusal(expected.refusal)
        after = self._goal(expected.goal, event)
        if after == self.state and not expected.task:
            return False
        if after == "H" and event == "hld":
            self.before_hold = self.state
        if after == "I" and self.state != "I":
            self.before_start = self.state
        self.flagged |= expected.task
        self.state = after
        self.effects += 1
        return True

    def _goal(self, goal: str, event: str) -> str:
        if goal == "b":
            return self.before_hold if event == "rel" else self.before_start
        return self.state if goal == "=" else goal


@dataclass
class Model:
    """`stones` are cancels without an order: control and time."""

    exams: list[Exam] = field(default_factory=list)
    stones: list[tuple[str, int]] = field(default_factory=list)

    def receive(self, control: str, at: int) -> None:
        """A message; `at` is its event time."""
        if control == "NW":
            self._order(at)
        elif not self.exams:
            self._before_its_order(control, at)
        else:
            self._change(self.exams[-1], control, at)

    def happen(self, event: str, at: int, *, guard: bool) -> None:
        """What a person or a scanner did, at that time."""
        exam = self.exams[-1]
        if exam.happen(event, guard=guard) and exam.state in ENDED:
            exam.ended = at

    def _order(self, at: int) -> None:
        if not self.exams:
            self._make(at)
        elif self.exams[-1].state in ENDED:
            if at <= max(self.exams[-1].changed, self.exams[-1].ended):
                raise Refusal("DUPLICATE_ORDER")
            self.exams.append(Exam(at, at))

    def _make(self, at: int) -> Exam:
        exam = Exam(at, at)
        self.exams.append(exam)
        due = [stone for stone in self.stones if stone[1] >= at]
        if due:
            control, exam.changed = due[-1]
            exam.happen(CONTROLS[control])
            exam.flagged = True
        return exam

    def _before_its_order(self, control: str, at: int) -> None:
        if control in ("CA", "DC"):
            self.stones.append((control, at))
        elif control == "XO":
            self._make(at).flagged = True
        else:
            raise Refusal("UNKNOWN_ORDER")

    def _change(self, exam: Exam, control: str, at: int) -> None:
        if control in ("CA", "DC") and at < exam.ordered:
            raise Refusal("ORDER_STATE")
        if control in ("HD", "RL") and at < exam.changed:
            return
        if exam.happen(CONTROLS[control]):
            exam.changed = at
