"""Messages of others: make corpus ARGS="[--folder DIR] [--manifest FILE] [--list FILE]"

Without a folder it takes ../shared/corpus, else the samples of the tests. Starts a
radflow of its own, sends every message through the socket, and prints what was
answered and what became of it. `--list` writes that as a table with the whole reasons,
a line for each message, those of a batch too. Ends with 1 on a crash, a segment lost,
an answer that is none, or a message that came to no end.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radflow.hl7.batch import read_batch, split_messages
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message, body_of
from tests.e2e.clients import Rest, fields, send, wait_for
from tests.instance import CHECKOUT, Instance

SHARED = CHECKOUT.parent / "shared" / "corpus"
OWN = CHECKOUT / "tests" / "samples" / "hl7"
ENDED = ("applied", "parked", "duplicate", "skipped", "rejected", "received")
REFUSALS = ("AE", "AR", "CE", "CR")
SILENT_KINDS = ("ACK", "MCF", "ORR^O02", "ORL^O22", "ORG^O20", "ORI^O24")
END_SECONDS = 300.0
# Longer than the first tries of what is tried again.
STILL_SECONDS = 20.0


@dataclass(frozen=True)
class Sample:
    name: str
    raw: bytes


@dataclass
class Outcome:
    """What became of a sample; `ack` is empty where nothing was answered."""

    sample: Sample
    answer: str
    ids: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ack(self) -> str:
        return _at(self.answer, "MSA", 1)

    @property
    def kind(self) -> str:
        return self.rows[0]["message_type"] if self.rows else ""

    @property
    def states(self) -> str:
        return ", ".join(sorted({row["state"] for row in self.rows})) or "LOST"


def samples(folder: Path, manifest: Path | None) -> Iterable[Sample]:
    if manifest is None:
        for path in sorted(folder.rglob("*.hl7")):
            yield Sample(path.name, path.read_bytes())
        return
    with manifest.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = manifest.parent / row["file"]
            yield Sample(row["file"], path.read_bytes())


def try_one(sample: Sample, radflow: Instance, rest: Rest) -> Outcome:
    """Everything is committed before it is answered, so the new rows are there."""
    before = _count(rest)
    try:
        answer = send(radflow.mllp_port, sample.raw, timeout=2)
    except TimeoutError:
        answer = ""
    new = max(_count(rest) - before, 0)
    found = rest.get("messages/", direction="in", page_size=max(new, 1))["results"]
    return Outcome(sample, answer, [row["id"] for row in found[:new]])


def _count(rest: Rest) -> int:
    return int(rest.get("messages/", direction="in", page_size=1)["count"])


def settle(outcomes: list[Outcome], rest: Rest) -> None:
    """Wait until nothing moves any more, then read states.

    What is left as received stands behind a parked message of its order or patient.
    """
    seen = [0.0, -1.0]

    def is_still() -> bool:
        left, now = float(_waiting(rest)), time.monotonic()
        if left != seen[1]:
            seen[:] = [now, left]
        return left == 0 or now - seen[0] > STILL_SECONDS

    wait_for("nothing moves any more", is_still, seconds=END_SECONDS)
    rows = {row["id"]: row for row in _all(rest)}
    for one in outcomes:
        one.rows = [rows[number] for number in one.ids]


def _waiting(rest: Rest) -> int:
    found = rest.get("messages/", direction="in", state="received", page_size=1)
    return int(found["count"])


def _all(rest: Rest) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found = rest.get("messages/", direction="in", page_size=100, page=page)
        yield from found["results"]
        if not found["next"]:
            return
        page += 1


def faults(one: Outcome) -> list[str]:
    """What must not be: empty for a message that was treated as the standard asks."""
    return [*_losses(one.sample.raw), *_answer_faults(one), *_end_faults(one)]


def _losses(raw: bytes) -> list[str]:
    found = []
    for part in _parts(raw):
        try:
            read = len(Message.parse(part).segments)
        except HL7Error:
            continue
        lines = sum(1 for line in re.split(rb"[\r\n]+", body_of(part)) if line)
        if read != lines:
            found.append(f"{lines} lines, {read} segments")
    return found


def _parts(raw: bytes) -> list[bytes]:
    try:
        batch = read_batch(raw)
    except HL7Error:
        return []
    return split_messages(raw) if batch is None else batch.messages


def _answer_faults(one: Outcome) -> Iterator[str]:
    if one.sample.raw.lstrip(b"\xef\xbb\xbf")[:3] in (b"FHS", b"BHS"):
        yield from _batch_answer_faults(one)
        return
    text = body_of(one.sample.raw).decode("latin-1")
    asked = {_at(text, "MSH", 15), _at(text, "MSH", 16)} - {""}
    if not one.answer:
        if not one.kind.startswith(SILENT_KINDS) and not asked & {"NE", "ER"}:
            yield "no answer"
        return
    if _at(one.answer, "MSA", 1)[:1] not in ("A", "C"):
        yield "an answer without MSA"
    is_refused = any(row["state"] == "rejected" for row in one.rows)
    if is_refused and one.ack not in REFUSALS:
        yield f"rejected, answered {one.ack}"
    if one.ack in REFUSALS and "\rERR|" not in one.answer:
        yield f"{one.ack} without ERR"


def _batch_answer_faults(one: Outcome) -> Iterator[str]:
    """A batch of acknowledgements; one for the whole where nothing of it was taken."""
    answers = one.answer.count("\rMSA|")
    if one.answer.startswith("MSH"):
        if answers != 1 or one.ack not in REFUSALS:
            yield f"a batch refused with {one.ack}"
        return
    if one.answer[:3] not in ("FHS", "BHS"):
        yield "a batch without a batch as answer"
    wanting = sum(_wants_answer(part) for part in _parts(one.sample.raw))
    if answers < wanting or answers > len(_parts(one.sample.raw)):
        yield f"{answers} answers to a batch, {wanting} wanted"


def _wants_answer(raw: bytes) -> bool:
    text = body_of(raw).decode("latin-1")
    return not {_at(text, "MSH", 15), _at(text, "MSH", 16)} & {"NE", "ER", "SU"}


def _end_faults(one: Outcome) -> Iterator[str]:
    if not one.rows:
        yield "not kept"
    for row in one.rows:
        error = row["error"]
        if row["state"] not in ENDED:
            yield f"ended as {row['state']}"
        elif row["state"] in ("parked", "rejected") and not error["code"]:
            yield f"{row['state']} without a reason"


def _at(text: str, segment: str, number: int) -> str:
    found = fields(text, segment)
    return found[number] if len(found) > number else ""


def held(outcomes: list[Outcome]) -> int:
    """Those that wait; only where an earlier one was parked can they rightly do so."""
    parked = False
    count = 0
    for row in (row for one in outcomes for row in one.rows):
        parked = parked or row["state"] == "parked"
        count += parked and row["state"] == "received"
    return count


def lines(outcomes: list[Outcome]) -> Iterator[list[str]]:
    """File, type, answer, outcome and reason; what waits says behind which file."""
    holders: dict[str, str] = {}
    for one in outcomes:
        if not one.rows:
            yield [one.sample.name, "", one.ack, "LOST", ""]
        for row in one.rows:
            orders = _named(one.sample.raw)
            reason = " ".join(
                filter(None, map(row["error"].get, ("code", "location", "text")))
            )
            if row["state"] == "parked":
                holders |= dict.fromkeys(orders - holders.keys(), one.sample.name)
            if row["state"] == "received":
                before = {holders[name] for name in orders & holders.keys()}
                reason = "waits behind " + " or ".join(sorted(before))
            yield [one.sample.name, row["message_type"], one.ack, row["state"], reason]


def _named(raw: bytes) -> set[str]:
    """The orders' numbers and the patient's identifiers that hold messages back."""
    found = set()
    for line in re.split(r"[\r\n]+", body_of(raw).decode("latin-1")):
        values = line.split("|")
        wanted = {"ORC": (2, 3), "OBR": (2, 3), "PID": (3,)}.get(values[0], ())
        told = [one for n in wanted for one in "|".join(values[n : n + 1]).split("~")]
        found |= {
            f"{values[0] == 'PID'} {one.partition('^')[0]}" for one in told if one
        }
    return found


def report(outcomes: list[Outcome], crashes: int) -> int:
    for one in outcomes:
        error = one.rows[0]["error"] if one.rows else {}
        reason = " ".join(filter(None, map(error.get, ("code", "location", "text"))))
        print(
            f"{one.sample.name[-60:]:60} {one.kind:8} {one.ack or '-':3}"
            f"{one.states:10} {reason[:100]}"
        )
    print(f"\n{'type':12} {'answer':6} {'state':20} number")
    totals = Counter((o.kind or "unreadable", o.ack or "-", o.states) for o in outcomes)
    for (kind, ack, states), number in sorted(totals.items()):
        print(f"{kind:12} {ack:6} {states:20} {number:6}")
    wrong = [(one, fault) for one in outcomes for fault in faults(one)]
    print(f"\n{len(outcomes)} messages, {crashes} crashes, {len(wrong)} violations")
    print(f"{held(outcomes)} wait behind a parked message of their order or patient")
    for one, fault in wrong:
        print(f"  {one.sample.name}: {fault}")
    rows = [row for one in outcomes for row in one.rows]
    stuck = sum(row["state"] == "received" for row in rows) - held(outcomes)
    return 1 if wrong or crashes or stuck or not outcomes else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SHARED)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--list", type=Path, dest="listing")
    chosen = parser.parse_args()
    folder = chosen.folder if chosen.folder.is_dir() else OWN
    listed = chosen.manifest or folder / "manifest.csv"
    with Instance() as radflow:
        rest = Rest(radflow.url, "pacs")
        found = samples(folder, listed if listed.is_file() else None)
        outcomes = [try_one(sample, radflow, rest) for sample in found]
        settle(outcomes, rest)
        rest.close()
        crashes = radflow.log_tail(1_000_000).count("Traceback (most recent call last)")
    if chosen.listing:
        with chosen.listing.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerow(["file", "type", "answer", "outcome", "reason"])
            table.writerows(lines(outcomes))
    return report(outcomes, crashes)


if __name__ == "__main__":
    sys.exit(main())
