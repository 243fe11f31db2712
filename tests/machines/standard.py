"""The three tables of standards.md section 14, copied as text, and how they read."""

from __future__ import annotations

from dataclasses import dataclass

EXAM = """
| | new | chg | chp | can | dis | stp | hld | rel | rpl | bok | mov | ubk | nsh | arr | una | rdy | beg | end | abt | req |
| – | O | u | u | C! | C! | 2 | 2 | 2 | O! | ex | ex | ex | ex | 2 | 2 | 2 | I! | ex | ex | ex |
| O | ~ | = | = | C | C | 1 | H | 1 | X | S | S | = | ex | A | 1 | 1 | I! | 1 | ex | ex |
| S | ~ | = | = or O! | C | C | 1 | H | 1 | X | = | = | O | O | A | = | 1 | I | 1 | ex | ex |
| A | ~ | = | =! | C! | C! | 1 | H! | 1 | X! | = | = | ex | ex | = | S | R | I | 1 | ex | ex |
| R | ~ | = | A! | C! | C! | 1 | H! | 1 | X! | = | = | ex | ex | = | S | = | I | 1 | ex | ex |
| I | ~ | = | 4 | 4 | 4 | D | 4 | 1 | 4 | ex | ex | ex | ex | = | 1 | = | = | P | D | b or O |
| P | ~ | = | 4 | 4 | 4 | 1 | 4 | 1 | 4 | ex | ex | ex | ex | = | 1 | = | I or ex | = | = | ex |
| H | ~ | = | = | C | C | 1 | = | b | X | = | = | = | = | ex | = | 1 | I! | 1 | ex | ex |
| C | ~ | 1 | 1 | = | = | 1 | 1 | 1 | 1 | ex | ex | = | = | ex | 1 | 1 | I! | 1 | ex | ex |
| D | ~ | 1 | 1 | 1 | = | = | 1 | 1 | 1 | ex, UI: S | ex | = | = | ex | 1 | 1 | I! | 1 | = | ex |
| X | ~ | 1 | 1 | 1 | 1 | 1 | 1 | 1 | = | ex | ex | = | = | ex | 1 | 1 | I! | 1 | ex | ex |
"""
APPOINTMENT = """
| | bok | mov | mod | can | del | nsh | arr | una | beg | end | abt | req | xcl |
| – | B | B! | B! | K! | E! | N! | V | 5 | T | ex | ex | ex | = |
| Q | B | B | = | K | E | 5 | V | 5 | T | 5 | 5 | 5 | K |
| B | = | B | = | K | E | N | V | = | T | 5 | 5 | 5 | K |
| V | = | = | = | ex | ex | ex | = | B | T | 5 | 5 | 5 | K |
| T | ex | ex | = | ex | ex | ex | = | 5 | = | F | F | b or K | 5 |
| F | ex | ex | = | ex | ex | ex | = | 5 | T | = | = | ex | 5 |
| K | B | B! | ex | = | E | ex | ex | 5 | T! | 5 | 5 | 5 | = |
| N | B | B | = | K | E | = | V | 5 | T! | 5 | 5 | 5 | K |
| E | 5 | 5 | 5 | = | = | 5 | 5 | 5 | T! | 5 | 5 | 5 | = |
"""
REPORT = """
| | edt | R | P | par | F | C | add | wdr | X |
| – | E | R | P | P! | F | C! | ex | 6 | = |
| E | = | R | P | P! | F | ex | ex | 6 | – |
| R | = | R | P | P! | F | C! | ex | – | – |
| P | = | 6 | P | P! | F | C! | ex | W | W |
| F, C, A | = | 6 | 6 | A! | = or C! | C | A | W | 6 |
| W | E | 6 | 6 | 6 | C | C | 6 | = | = |
"""
REFUSALS = {
    "1": "ORDER_STATE",
    "2": "UNKNOWN_ORDER",
    "4": "EXAM_STARTED",
    "5": "APPT_STATE",
    "6": "REPORT_STATE",
}
NO_STATE = "–"


@dataclass(frozen=True)
class Expected:
    """`goal`: a letter, `=` to stay, `b` back, `~` the duplicate rule; or `refusal`."""

    goal: str = "="
    task: bool = False
    refusal: str = ""


Table = dict[tuple[str, str], tuple[Expected, Expected]]


def read(text: str) -> Table:
    """By state and event; the second expectation is the one under the guard."""
    head, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.strip().splitlines()
    )
    return {
        (state.strip(), event): _expectations(cell)
        for states, *cells in rows
        for state in states.split(",")
        for event, cell in zip(head[1:], cells, strict=True)
    }


def _expectations(cell: str) -> tuple[Expected, Expected]:
    if cell == "u":
        return _expected("O!"), _expected("2")
    for between in (" or ", ", UI: "):
        if between in cell:
            first, second = cell.split(between)
            return _expected(first), _expected(second)
    return _expected(cell), _expected(cell)


def _expected(cell: str) -> Expected:
    if cell in REFUSALS:
        return Expected(refusal=REFUSALS[cell])
    if cell == "ex":
        return Expected(task=True)
    return Expected(goal=cell.removesuffix("!"), task=cell.endswith("!"))
