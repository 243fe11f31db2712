"""Each order control in each state of the exam, by standards.md 4.1, 5.4 and 14.

The test sends every cell as a message; docs/state-machines.md shows the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass

STATES = "-OSARIPHCDX"
ROWS = {
    "NW": "New order, not newer than the one we have",
    "NW later": "New order under the same number, newer",
    "XO": "Change of details",
    "XO procedure": "Change of procedure, the slot still fits",
    "XO scanner": "Change of procedure, another kind of scanner",
    "XO time": "Change of time",
    "CA": "Cancel",
    "DC": "Discontinue",
    "HD": "Hold",
    "RL": "Release",
    "RP": "Replace, with the replacing order (RO)",
    "PA": "Parent order, with a child (CH)",
    "SC": "Status told to us",
    "SS": "Status asked",
    "NA": "Number told to us",
    "SN": "Number asked",
}

# A cell is STATE:ANSWER, `!` a person must look, `=` the state is kept, `+O` a new
# order beside it, then a digit why it was refused, then `>` what image managers hear
# (ORC-1/ORC-5). Before an order comes (`-`), the state is that of the order made, or
# of the one that comes later; `-` none is.
_CELLS = """
NW            O:OK  =:OK  =:OK  =:OK  =:OK  =:OK  =:OK  =:OK  =:UA:3 =:UA:3 =:UA:3
NW_later      O:OK  =:OK  =:OK  =:OK  =:OK  =:OK  =:OK  =:OK  +O:OK  +O:OK  +O:OK
XO            O!:XR =:XR =:XR>XO/SC =:XR>XO/SC =:XR>XO/SC =:XR>XO/IP =:XR>XO/CM =:XR>XO/HD =:UX:1 =:UX:1 =:UX:1
XO_procedure  O!:XR =:XR =:XR>XO/SC =!:XR>XO/SC A!:XR>XO/SC =!:UX:4 =:UX:4 =:XR>XO/HD =:UX:1 =:UX:1 =:UX:1
XO_scanner    O!:XR =:XR O!:XR>XO/SC =!:XR>XO/SC A!:XR>XO/SC =!:UX:4 =:UX:4 =:XR>XO/HD =:UX:1 =:UX:1 =:UX:1
XO_time       S!:XR>NW/SC S:XR>NW/SC =:XR>XO/SC =:XR>XO/SC =:XR>XO/SC =!:UX:4 =:UX:4 =:XR>XO/HD =:UX:1 =:UX:1 =:UX:1
CA            C!:CR C:CR C:CR>CA/CA C!:CR>CA/CA C!:CR>CA/CA =!:UC:4 =:UC:4 C:CR>CA/CA =:CR =:UC:1 =:UC:1
DC            C!:DR C:DR C:DR>CA/CA C!:DR>CA/CA C!:DR>CA/CA =!:UD:4 =:UD:4 C:DR>CA/CA =:DR =:DR =:UD:1
HD            -:UH:2 H:HR H:HR>XO/HD H!:HR>XO/HD H!:HR>XO/HD =!:UH:4 =:UH:4 =:HR =:UH:1 =:UH:1 =:UH:1
RL            -:UR:2 =:UR:1 =:UR:1 =:UR:1 =:UR:1 =:UR:1 =:UR:1 S:OR>XO/SC =:UR:1 =:UR:1 =:UR:1
RP            O!:RQ,OK X:RQ,OK X:RQ,OK>CA/CA X!:RQ,OK>CA/CA X!:RQ,OK>CA/CA =!:UM,UA:4 =:UM,UA:4 X:RQ,OK>CA/CA =:UM,UA:1 =:UM,UA:1 =:RQ,OK
PA            O:OK,OK =:OK,OK =:OK,OK =:OK,OK =:OK,OK =:OK,OK =:OK,OK =:OK,OK =:UA,UA:3 =:UA,UA:3 =:UA,UA:3
SC            -::2  =:    =:    =:    =:    =:    =:    =:    =:    =:    =:
SS            -:UA:2 =:SR =:SR  =:SR  =:SR  =:SR  =:SR  =:SR  =:SR  =:SR  =:SR
NA            -::2  =:    =:    =:    =:    =:    =:    =:    =:    =:    =:
SN            -::2  =:    =:    =:    =:    =:    =:    =:    =:    =:    =:
"""
REFUSALS = {
    "1": "ORDER_STATE",
    "2": "UNKNOWN_ORDER",
    "3": "DUPLICATE_ORDER",
    "4": "EXAM_STARTED",
}


@dataclass(frozen=True)
class Cell:
    """`state` is a letter, `=` or `-`; `new` is the state of an order made beside."""

    state: str
    new: str
    task: bool
    answers: tuple[str, ...]
    refusal: str
    told: tuple[str, ...]


def _cell(text: str) -> Cell:
    text, _, told = text.partition(">")
    goal, answers, refusal = (*text.split(":"), "")[:3]
    return Cell(
        state="=" if goal.startswith("+") else goal.removesuffix("!"),
        new=goal.removeprefix("+") if goal.startswith("+") else "",
        task=goal.endswith("!"),
        answers=tuple(filter(None, answers.split(","))),
        refusal=REFUSALS.get(refusal, ""),
        told=tuple(filter(None, told.split(","))),
    )


def _read() -> dict[tuple[str, str], Cell]:
    return {
        (name.replace("_", " "), state): _cell(text)
        for name, *cells in (line.split() for line in _CELLS.strip().splitlines())
        for state, text in zip(STATES, cells, strict=True)
    }


MATRIX = _read()
