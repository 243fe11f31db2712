"""Write docs/state-machines.md from the tables: `python -m tests.docs_machines`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from orders import lifecycle as exam
from reports import lifecycle as report
from tests.orders.order_matrix import MATRIX, ROWS, STATES, Cell
from worklist import lifecycle as appointment

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "state-machines.md"
NONE = "–"
Cells = Mapping[tuple[str, str], str]
S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)

_HEAD = """\
# State machines

Written by `make docs` from the tables in the code (`orders/lifecycle.py`,
`worklist/lifecycle.py`, `reports/lifecycle.py`) and from the expectations that the
tests send as messages (`tests/orders/order_matrix.py`). A test fails while this file
differs from them. Do not edit it by hand.

How a cell reads: a letter is the next state; `=` accepted, state kept; `!` a person
must look; `ex` accepted, nothing changed, a person must look; `~` the rule for
duplicates and orders placed anew; `b` the state before the hold or the start; a digit
refuses: {codes}.
Where two are given, the second holds under the condition named in the code.
"""
_CONTROLS = """\
## Order control by state of the exam

What a message with this ORC-1 leads to, in each state of the exam it names. In a
cell: the next state (letters as above, `=` kept, `!` a person must look, `+` a new
order beside it), the order response's ORC-1 and, where refused, the code in ORC-16;
after the arrow what image managers that know the procedure are sent (ORC-1/ORC-5). In
the first column there is no such order yet: the state is that of the order this makes,
or of the one that comes later. Exams beyond `O` have a slot.
"""


def _mermaid(cells: Cells, labels: Mapping[str, str], start: str) -> list[str]:
    """The arrows that lead to another state, with all events of an arrow on one."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), cell in cells.items():
        for choice in cell.split("|"):
            goal = choice.removesuffix("!")
            if goal in (*labels, "b") and goal != state:
                arrows.setdefault((state, goal), []).append(event)
    if any(goal == "b" for _, goal in arrows):
        labels = {**labels, "b": "The state before"}
    names = {letter: _identifier(letter) for letter in labels}
    return [
        "```mermaid",
        "stateDiagram-v2",
        *(f"    {names[letter]}: {letter} {labels[letter]}" for letter in labels),
        f"    [*] --> {names[start]}",
        *(
            f"    {names[state]} --> {names[goal]}: {', '.join(events)}"
            for (state, goal), events in arrows.items()
        ),
        "```",
    ]


def _identifier(letter: str) -> str:
    return {"-": "none", NONE: "none", "b": "back"}.get(letter, letter)


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _matrix(cells: Cells, letters: Iterable[str], events: Iterable[str]) -> list[str]:
    columns = list(events)
    rows = (
        [f"**{state}**", *(_plain(cells[state, event]) for event in columns)]
        for state in letters
    )
    return grid(["", *columns], rows)


def _plain(cell: str) -> str:
    return " or ".join(NONE if part == "-" else part for part in cell.split("|"))


def _by_letter(
    cells: Mapping[tuple[S, E], str],
    missing: Mapping[E, str],
    letters: Mapping[str, S],
) -> Cells:
    letter_of = {str(state): letter for letter, state in letters.items()}
    found = {(NONE, str(event)): cell for event, cell in missing.items()}
    found |= {(letter_of[str(s)], str(e)): cell for (s, e), cell in cells.items()}
    return found


def _section(
    title: str,
    cells: Cells,
    labels: Mapping[str, str],
    events: Iterable[str],
    start: str,
) -> list[str]:
    return [
        f"## {title}",
        "",
        *_mermaid(cells, labels, start),
        "",
        *_matrix(cells, labels, events),
        "",
    ]


def _exam() -> list[str]:
    cells = _by_letter(exam.CELLS, exam.MISSING, exam.LETTERS)
    labels = {NONE: "Not yet here"}
    labels |= {letter: state.label for letter, state in exam.LETTERS.items()}
    return _section("Exam", cells, labels, [str(e) for e in exam.Event], NONE)


def _appointment() -> list[str]:
    cells = _by_letter(appointment.CELLS, appointment.MISSING, appointment.LETTERS)
    labels = {NONE: "None"}
    labels |= {letter: state.label for letter, state in appointment.LETTERS.items()}
    events = [str(event) for event in appointment.AppointmentEvent]
    return _section("Appointment", cells, labels, events, NONE)


def _report() -> list[str]:
    cells = _by_letter(report.CELLS, {}, report.LETTERS)
    labels = {letter: state.label for letter, state in report.LETTERS.items()}
    events = [str(event) for event in report.ReportEvent]
    return _section("Report", cells, labels, events, "-")


def _controls() -> list[str]:
    rows = (
        [f"**{name}** {said}", *(_told(MATRIX[name, state]) for state in STATES)]
        for name, said in ROWS.items()
    )
    head = ["ORC-1", *(NONE if state == "-" else state for state in STATES)]
    return [*_CONTROLS.splitlines(), "", *grid(head, rows), ""]


def _told(cell: Cell) -> str:
    goal = f"+{cell.new}" if cell.new else cell.state
    parts = [
        (NONE if goal == "-" else goal) + "!" * cell.task,
        " ".join(cell.answers),
        f"`{cell.refusal}`" if cell.refusal else "",
        f"→ {' '.join(cell.told)}" if cell.told else "",
    ]
    return " ".join(part for part in parts if part)


def document() -> str:
    codes = {**exam.REFUSALS, **appointment.REFUSALS, **report.REFUSALS}
    told = ", ".join(f"{digit} `{code}`" for digit, code in sorted(codes.items()))
    lines = [*_exam(), *_appointment(), *_report(), *_controls()]
    return _HEAD.format(codes=told) + "\n" + "\n".join(lines).rstrip("\n") + "\n"
