"""`make bench`: rates and latencies of one instance, beside a reference of this run.

`ARGS` names the parts: `rates` (messages, worklist, hints), `rows` (a browser's board),
both by default, and `pages` (every list at a million orders, some minutes to fill).

Wall-clock figures move with whatever else the machine does; compare the ratios.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from tests.bench.load import (
    Listeners,
    Rate,
    ask_all,
    cancel,
    orders,
    rate_of,
    send_all,
    worklist_query,
)
from tests.bench.reference import pace
from tests.bench.rows import row_updates
from tests.e2e.clients import Rest, wait_for
from tests.instance import Instance, free_ports

CONNECTIONS = (1, 8, 32)
MESSAGES = 400
SOCKETS = 100
CHANGES = 50
PART_SECONDS = 120
# What is asked, and how often by each client.
ONE_MATCH = ({"PatientID": "B7"}, 40)
MANY_MATCHES = ({"PatientName": "Bench10*"}, 6)


def line(what: str, rate: Rate, note: str = "") -> None:
    numbers = (
        f"{rate.per_second:9.0f}/s   p50 {rate.p50:7.1f} ms   p99 {rate.p99:7.1f} ms"
    )
    print(f"{what:44} {numbers}   {note}", flush=True)


def lean() -> dict[int, float]:
    """The reference listener, on a durable PostgreSQL of its own."""
    (port,) = free_ports(1)
    found = {}
    with tempfile.TemporaryDirectory(prefix="radflow-") as folder:
        command = [sys.executable, "-m", "radflow.embedded", "--data-dir", folder, "--"]
        command += [sys.executable, "-m", "tests.bench.lean", str(port)]
        process = subprocess.Popen(command, env=_clean())
        wait_for("the reference listens", lambda: _listens(port))
        for connections in CONNECTIONS:
            rate = send_all(port, list(orders(MESSAGES, "lean")), connections)
            found[connections] = rate.per_second
            line(f"reference, {connections} connections", rate)
        process.terminate()
        process.wait(30)
    return found


def _clean() -> dict[str, str]:
    alien = ("RADFLOW_", "DATABASE_URL", "REDIS_URL")
    return {k: v for k, v in os.environ.items() if not k.startswith(alien)}


def _listens(port: int) -> bool:
    path = Path("/proc/net/tcp").read_text()
    return f"0100007F:{port:04X} 00000000:0000 0A" in path


def receive(radflow: Instance, reference: dict[int, float], rest: Rest) -> None:
    """Each with the inbox drained before, so that no backlog shares the cores."""
    for connections in CONNECTIONS:
        _drained(rest)
        rate = send_all(
            radflow.mllp_port, list(orders(MESSAGES, "radflow")), connections
        )
        share = rate.per_second / reference[connections]
        line(f"acknowledged, {connections} connections", rate, f"{share:.2f} of lean")


def apply(radflow: Instance, rest: Rest) -> None:
    """A backlog sent at once, until the last of it is applied."""
    _drained(rest)
    started = time.perf_counter()
    send_all(radflow.mllp_port, list(orders(MESSAGES, "radflow")), 8)
    _drained(rest)
    seconds = time.perf_counter() - started
    print(
        f"{'applied, two worker processes':44} {MESSAGES / seconds:9.0f}/s", flush=True
    )


def _drained(rest: Rest) -> None:
    wait_for(
        "the inbox is empty",
        lambda: rest.get("messages/", state="received", page_size=1)["count"] == 0,
        seconds=300,
    )


def worklist(radflow: Instance) -> None:
    """Four clients, pynetdicom's on the same cores, beside its server as it comes.

    Both answer from what they have in memory; ours asks the database what is true.
    """
    many = worklist_query(**MANY_MATCHES[0])
    _, items = ask_all(radflow.dicom_port, many, clients=1, each=2, kept=False)
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.stock", str(port), str(items)]
    process = subprocess.Popen(command)
    try:
        wait_for("the reference listens", lambda: _listens(port))
        for kept in (True, False):
            for keys, each in ONE_MATCH, MANY_MATCHES:
                _compare_worklists(radflow.dicom_port, port, keys, each, kept)
    finally:
        process.terminate()
        process.wait(30)


def _compare_worklists(
    ours: int, reference: int, keys: dict[str, str], each: int, kept: bool
) -> None:
    how = "one association" if kept else "one for each query"
    query = worklist_query(**keys)
    stock, items = ask_all(reference, query, 4, each, kept=kept)
    line(f"reference, {items} matches, {how}", stock)
    rate, items = ask_all(ours, query, 4, each, kept=kept)
    share = rate.per_second / stock.per_second
    line(f"worklist, {items} matches, {how}", rate, f"{share:.1f} of pynetdicom's")


def live(radflow: Instance, rest: Rest) -> None:
    """Cancels, one after another: age of the hint when each socket has it."""
    with Listeners(radflow.url, rest.token, SOCKETS) as listeners:
        answered: list[float] = []
        for n in range(1, CHANGES + 1):
            before = len(listeners.arrivals)
            send_all(radflow.mllp_port, [cancel(n)] * 2, 1)
            sent = time.time()
            wait_for("the hint", lambda b=before: len(listeners.arrivals) > b)  # type: ignore[misc]
            answered.append(max(0.0, max(listeners.arrivals.values()) - sent))
        line(f"change written, frame at {SOCKETS} sockets", rate_of(listeners.ages, 1))
        line("change acknowledged, first frame", rate_of(answered, 1))


def rows(radflow: Instance, rest: Rest) -> None:
    """Exams cancelled one after another, on a board that shows them."""
    send_all(radflow.mllp_port, list(orders(CHANGES + 1, "rows")), 1)
    _drained(rest)
    paces: list[float] = []

    def change(number: int) -> None:
        paces.append(pace())
        send_all(radflow.mllp_port, [cancel(number)] * 2, 1)

    cuts = statistics.quantiles(row_updates(radflow.url, change), n=20)
    now = statistics.median(paces)
    numbers = f"p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms   pace {now:.2f}: "
    numbers += f"{cuts[9] / now:.1f} and {cuts[18] / now:.1f}   wanted 100 ms"
    print(f"{'hint on the socket, row gone from the board':44} {numbers}", flush=True)


def part(name: str, run: Callable[[], None]) -> None:
    """One part; what takes too long or fails is told, and the next one begins."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(PART_SECONDS)
    try:
        run()
    except (AssertionError, OSError) as error:
        print(f"{name:44} not measured: {error}", flush=True)
    finally:
        signal.alarm(0)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"not done in {PART_SECONDS} s")


def pages() -> None:
    """In a process of its own, with a throw-away database of a million orders."""
    command = [sys.executable, "-m", "radflow.embedded", "--temporary", "--"]
    command += [sys.executable, "-m", "tests.bench.pages"]
    environment = {**_clean(), "RADFLOW_DEMO": "0", "RADFLOW_SECRET_KEY": "bench"}
    environment["DJANGO_SETTINGS_MODULE"] = "radflow.settings"
    subprocess.run(command, env=environment, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help="of rates, rows, pages")
    wanted = parser.parse_args().parts or ["rates", "rows"]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    if "rates" in wanted:
        rates()
    if "rows" in wanted:
        with Instance() as radflow:
            rest = Rest(radflow.url, "pacs")
            part("rows", partial(rows, radflow, rest))
            rest.close()
    if "pages" in wanted:
        pages()


def rates() -> None:
    reference = lean()
    with Instance() as radflow:
        rest = Rest(radflow.url, "pacs")
        part("acknowledged", partial(receive, radflow, reference, rest))
        part("applied", partial(apply, radflow, rest))
        part("worklist", partial(worklist, radflow))
        part("live", partial(live, radflow, rest))
        rest.close()


if __name__ == "__main__":
    main()
