"""Load for the bench: senders, scanners and listeners, bounded in count and time."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ModalityWorklistInformationFind,
)
from websockets.asyncio.client import ClientConnection, connect

from radflow.dicom.client import ScannerClient
from radflow.dicom.remote import found_on

VT, END = b"\x0b", b"\x1c\x0d"
_numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))


@dataclass(frozen=True)
class Rate:
    """Per second, and latencies in milliseconds."""

    per_second: float
    p50: float
    p99: float


def rate_of(latencies: list[float], seconds: float) -> Rate:
    cuts = statistics.quantiles(latencies, n=100)
    return Rate(len(latencies) / seconds, cuts[49] * 1000, cuts[98] * 1000)


def orders(number: int, receiver: str) -> Iterator[bytes]:
    """New orders of as many patients, due within the hour, numbered by receiver."""
    now = datetime.now(UTC)
    for index in range(number):
        n = next(_numbers[receiver])
        start = now + timedelta(minutes=index % 60)
        born = f"{1930 + n % 90}{n % 12 + 1:02}{n % 28 + 1:02}"
        yield (
            f"MSH|^~\\&|BENCH|BENCH|RADFLOW|RADDEPT|{now:%Y%m%d%H%M%S}+0000||ORM^O01|"
            f"B{n}|P|2.3.1\r"
            f"PID|1||B{n}^^^BENCH^MR||Bench{n}^Ada||{born}|F\r"
            f"PV1|1|O|Ward 3^^||||||||||||||||V{n}\r"
            f"ORC|NW|B{n}^BENCH|||||1^^^{start:%Y%m%d%H%M%S}+0000^^R||"
            f"{now:%Y%m%d%H%M%S}+0000\r"
            f"OBR|1|B{n}^BENCH||CTPA^CT pulmonary angiogram^99RADFLOW||||||||||||||"
            f"BA{n}||||||CT\r"
        ).encode()


def cancel(n: int) -> bytes:
    """Cancel the nth order of `orders`."""
    now = datetime.now(UTC)
    return (
        f"MSH|^~\\&|BENCH|BENCH|RADFLOW|RADDEPT|{now:%Y%m%d%H%M%S}+0000||ORM^O01|"
        f"BC{n}|P|2.3.1\rPID|1||B{n}^^^BENCH^MR\rORC|CA|B{n}^BENCH\r"
    ).encode()


async def _pump(port: int, share: list[bytes], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for message in share:
        started = time.perf_counter()
        writer.write(VT + message + END)
        answer = await reader.readuntil(END)
        latencies.append(time.perf_counter() - started)
        assert b"MSA|AA|" in answer, answer
    writer.close()


def send_all(port: int, messages: list[bytes], connections: int) -> Rate:
    """Each connection sends its share, one message outstanding."""

    async def run() -> Rate:
        latencies: list[float] = []
        shares = [messages[i::connections] for i in range(connections)]
        started = time.perf_counter()
        await asyncio.gather(*(_pump(port, share, latencies) for share in shares))
        return rate_of(latencies, time.perf_counter() - started)

    return asyncio.run(run())


def worklist_query(**keys: str) -> Dataset:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledStationAETitle = ""
    step.ScheduledProcedureStepStartDate = ""
    step.ScheduledProcedureStepStartTime = ""
    query = Dataset()
    query.ScheduledProcedureStepSequence = [step]
    for keyword in ("PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID"):
        setattr(query, keyword, keys.get(keyword, ""))
    return query


def ask_all(
    port: int, query: Dataset, clients: int, each: int, *, kept: bool
) -> tuple[Rate, int]:
    """Queries on an association each, or each client's on one that is `kept`; also
    how many items an answer had."""
    latencies: list[float] = []
    items: list[int] = []

    def timed(find: Callable[[Dataset], list[Dataset]]) -> None:
        started = time.perf_counter()
        found = find(query)
        latencies.append(time.perf_counter() - started)
        items.append(len(found))

    def ask(index: int) -> None:
        scanner = ScannerClient("127.0.0.1", port, f"BENCH{index}", "RADFLOW")
        if not kept:
            for _ in range(each):
                timed(scanner.find_worklist)
            return
        with scanner.association(ModalityWorklistInformationFind) as assoc:
            for _ in range(each):
                timed(
                    partial(found_on, assoc, sop_class=ModalityWorklistInformationFind)
                )

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(clients)))
    return rate_of(latencies, time.perf_counter() - started), items[0]


class Listeners:
    """Many sockets in a thread of their own; how old each hint is when it arrives."""

    def __init__(self, url: str, token: str, number: int) -> None:
        self._address = url.replace("http", "ws", 1) + "/ws/live/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._number = number
        self.ages: list[float] = []
        self.arrivals: dict[int, float] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Listeners:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(60)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._all())

    async def _all(self) -> None:
        sockets = [
            await connect(self._address, additional_headers=self._headers)
            for _ in range(self._number)
        ]
        tasks = [asyncio.create_task(self._listen(socket)) for socket in sockets]
        self._ready.set()
        await self._over.wait()
        for socket in sockets:
            await socket.close()
        await asyncio.gather(*tasks)

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            now = time.time()
            hint: dict[str, Any] = json.loads(text)
            if hint["topic"] == "order":
                at = datetime.fromisoformat(hint["at"]).timestamp()
                self.ages.append(now - at)
                self.arrivals.setdefault(hint["id"], now)
