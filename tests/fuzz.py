"""`make fuzz ARGS="[--count N] [--folder DIR] [--seed TEXT]"`: the wire against noise.

N random texts are built into messages and read back; N damaged messages are read as
deep as anyone may ask. Whatever comes, only HL7Error may be raised, a message that is
read gives its own bytes back, and none costs more than 50 ms for each 10 kB. Ends
with 1 and the seed of what failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.hl7.damage import damage
from tests.hl7.readers import NotAlike, check, read_back, read_deep
from tests.hl7.samples import all_samples

CHUNK = 1000
COUNT = 1_000_000
# Seconds of processor time that 10 kB, or less, may take.
ALLOWED = 0.05
UNIT = 10_000
TEXTS = 20


@dataclass
class Outcome:
    """What a chunk did; `failures` name the case so that it can be made again."""

    kind: str
    done: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.done += other.done
        self.refused += other.refused
        self.slowest = max(self.slowest, other.slowest)
        self.failures += other.failures


@dataclass(frozen=True)
class Chunk:
    """A share of the work; equal chunks do equal things."""

    kind: str
    seed: str
    size: int = CHUNK


def run(chunk: Chunk, corpus: Sequence[bytes]) -> Outcome:
    chance = random.Random(f"{chunk.kind} {chunk.seed}")
    outcome = Outcome(chunk.kind)
    step = TEXTS if chunk.kind == "texts" else 1
    while outcome.done < chunk.size:
        outcome.done += step
        try:
            if chunk.kind == "texts":
                read_back(chance, step)
            else:
                _read_damaged(damage(chance, corpus), outcome)
        except Exception as error:
            case = f"{chunk.kind}, seed {chunk.seed}, case {outcome.done // step}"
            outcome.failures.append(f"{case}: {type(error).__name__}: {error}")
    return outcome


def _read_damaged(raw: bytes, outcome: Outcome) -> None:
    begun = time.process_time()
    reading = read_deep(raw)
    cost = _cost(raw, begun)
    # A busy machine, or a slow message? The best of some tries tells.
    tries = 5
    while cost > ALLOWED and tries:
        tries -= 1
        begun = time.process_time()
        read_deep(raw)
        cost = min(cost, _cost(raw, begun))
    outcome.refused += reading.refused
    outcome.slowest = max(outcome.slowest, cost)
    check(reading)
    if cost > ALLOWED:
        raise NotAlike(f"{cost * 1000:.0f} ms for 10 kB, {len(raw)} bytes")


def _cost(raw: bytes, begun: float) -> float:
    """Seconds of processor time for 10 kB; a smaller message is taken for one."""
    return (time.process_time() - begun) * UNIT / max(len(raw), UNIT)


def corpus_of(folder: Path | None) -> list[bytes]:
    found = list(all_samples().values())
    if folder is not None:
        others = [path.read_bytes() for path in sorted(folder.rglob("*.hl7"))]
        print(f"{len(others)} messages of {folder} beside {len(found)} of our own")
        found += others
    return found


_corpus: list[bytes] = []


def _begin(corpus: list[bytes]) -> None:
    _corpus.extend(corpus)


def _run(chunk: Chunk) -> Outcome:
    return run(chunk, _corpus)


def _chunks(kind: str, count: int, seed: str) -> list[Chunk]:
    starts = range(0, count, CHUNK)
    return [Chunk(kind, f"{seed}-{at}", min(CHUNK, count - at)) for at in starts]


def fuzz(
    chunks: Sequence[Chunk], corpus: list[bytes], workers: int
) -> Iterator[Outcome]:
    with multiprocessing.Pool(workers, _begin, (corpus,)) as pool:
        yield from pool.imap_unordered(_run, chunks)


def main() -> int:
    arguments = _arguments()
    corpus = corpus_of(arguments.folder)
    totals: list[Outcome] = []
    for kind in ("texts", "messages"):
        chunks = _chunks(kind, arguments.count, arguments.seed)
        total, begun = Outcome(kind), time.monotonic()
        for outcome in fuzz(chunks, corpus, arguments.workers):
            total.add(outcome)
            for text in outcome.failures:
                print(f"\n{text}")
            _progress(total, arguments.count, time.monotonic() - begun)
        print()
        totals.append(total)
    return max(_report(total) for total in totals)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    return parser.parse_args()


def _progress(total: Outcome, count: int, seconds: float) -> None:
    rate = total.done / max(seconds, 0.001)
    left = (count - total.done) / rate
    text = (
        f"\r{total.kind}: {total.done} of {count}, {rate:.0f}/s, {left:.0f} s to go, "
        f"{len(total.failures)} failed  "
    )
    print(text, end="", flush=True)


def _report(total: Outcome) -> int:
    print(f"{total.kind}: {total.done}, failed {len(total.failures)}", end="")
    if total.kind == "messages":
        print(
            f", refused by HL7Error {total.refused}, "
            f"slowest {total.slowest * 1000:.1f} ms for 10 kB",
            end="",
        )
    print()
    kinds = Counter(text.split(": ", 1)[1][:80] for text in total.failures)
    for kind, number in kinds.most_common(20):
        print(f"  {number} times {kind}")
    return int(bool(total.failures))


if __name__ == "__main__":
    sys.exit(main())
