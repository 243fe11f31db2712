"""`make corpus ARGS="--folder DIR [--manifest FILE]"`: others' messages, one by one.

Starts a radflow of its own, sends every message through the socket, and prints what
was answered, what became of it and why. Ends with 1 on a crash or a silent drop.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.clients import Rest, fields, send, wait_for
from tests.instance import Instance

WANTED = ("yes", "workflow")
TAKEN = ("ORM^O01", "OML^O21", "OMI^O23", "OMG^O19", "ADT^A01", "ADT^A04", "ADT^A08")


@dataclass(frozen=True)
class Sample:
    name: str
    raw: bytes
    malformed: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a sample; `ack` is empty where nothing was answered."""

    sample: Sample
    ack: str
    kind: str
    state: str
    reason: str
    orders: int

    @property
    def is_drop(self) -> bool:
        is_ack = self.kind.startswith(("ACK", "MCF"))
        return not self.state or (not self.ack and not is_ack)

    @property
    def is_open(self) -> bool:
        """Well formed, of a kind we take, and neither applied nor parked."""
        ended = self.state in ("applied", "parked", "duplicate")
        return self.kind in TAKEN and not self.sample.malformed and not ended


def samples(folder: Path, manifest: Path | None) -> Iterable[Sample]:
    if manifest is None:
        for path in sorted(folder.rglob("*.hl7")):
            yield Sample(path.name, path.read_bytes())
        return
    with manifest.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["radiology"] in WANTED:
                path = manifest.parent / row["file"]
                yield Sample(row["file"], path.read_bytes(), row["malformed"] == "yes")


def try_one(sample: Sample, radflow: Instance, rest: Rest) -> Outcome:
    before = rest.get("messages/", direction="in", page_size=1)["count"]
    try:
        answer = send(radflow.mllp_port, sample.raw, timeout=3)
    except TimeoutError:
        answer = ""
    ack = fields(answer, "MSA")[1] if fields(answer, "MSA") else ""
    row = wait_for("it is taken up", lambda: _settled(rest, before), seconds=20)
    error = row.get("error", {})
    reason = (
        f"{error.get('code', '')} {error.get('location', '')} {error.get('text', '')}"
    )
    return Outcome(
        sample=sample,
        ack=ack,
        kind=row.get("message_type", ""),
        state=row.get("state", ""),
        reason=" ".join(reason.split()),
        orders=len(row.get("order_ids", [])),
    )


def _settled(rest: Rest, before: int) -> dict[str, Any]:
    """The row that came, once a worker has ended it; a marker where none came."""
    found = rest.get("messages/", direction="in", page_size=1)
    if found["count"] <= before:
        return {"state": ""}
    row: dict[str, Any] = found["results"][0]
    return row if row["state"] != "received" else {}


def report(outcomes: list[Outcome]) -> int:
    for one in outcomes:
        print(
            f"{one.sample.name[-60:]:60} {one.kind:8} {one.ack or '-':3}"
            f"{one.state or 'LOST':10} {one.orders or '':3} {one.reason[:110]}"
        )
    print("\nPer kind, answer and state")
    totals = Counter((o.kind or "unreadable", o.ack or "-", o.state) for o in outcomes)
    for (kind, ack, state), number in sorted(totals.items()):
        print(f"  {kind:12} {ack:3} {state:10} {number:4}")
    drops = [one for one in outcomes if one.is_drop]
    unsettled = [one for one in outcomes if one.is_open]
    print(f"\n{len(outcomes)} messages, {len(drops)} silent drops")
    print(f"{len(unsettled)} well-formed orders or visits neither applied nor parked")
    for one in unsettled:
        print(f"  {one.sample.name}: {one.state} {one.reason}")
    return 1 if drops else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--manifest", type=Path)
    chosen = parser.parse_args()
    with Instance() as radflow:
        rest = Rest(radflow.url, "pacs")
        found = samples(chosen.folder, chosen.manifest)
        outcomes = [try_one(sample, radflow, rest) for sample in found]
        rest.close()
    return report(outcomes)


if __name__ == "__main__":
    sys.exit(main())
