"""The ports that HL7 comes in by: RADFLOW_MLLP_PORT, and one for each Listener row.

Rows are read again every few seconds; a change touches the port that it names and no
other. While the database is away the ports stay as they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from radflow.hl7.server import Connection, Limits, MLLPServer
from radflow.messaging.intake import Received
from radflow.messaging.models import Listener
from radflow.messaging.ports import Port, Ports
from radflow.messaging.replies import refuse_too_large
from radflow.messaging.writer import InboxWriter

logger = logging.getLogger(__name__)

REREAD_SECONDS = 2.0
END_SECONDS = 5.0


class CannotListen(Exception):
    """The port of RADFLOW_MLLP_PORT is taken or forbidden; the text says what to do."""


async def serve(stop: asyncio.Event) -> None:
    """Take HL7 until `stop` is set, then answer what was received and end."""
    writer = InboxWriter(asyncio.get_running_loop())
    ports = Ports(lambda: _server(writer))
    reader = ThreadPoolExecutor(1, thread_name_prefix="listeners")
    try:
        await _open_first(ports, reader)
        await _until(stop, _follow(ports, reader))
    finally:
        await ports.settle({})
        writer.stop()
        await _end(reader)


async def _until(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """A database that does not even answer must not keep the process from ending."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _end(reader: ThreadPoolExecutor) -> None:
    ended = asyncio.get_running_loop().run_in_executor(reader, _hang_up)
    await asyncio.wait({ended}, timeout=END_SECONDS)
    reader.shutdown(wait=False)


async def _follow(ports: Ports, reader: ThreadPoolExecutor) -> None:
    while True:
        await asyncio.sleep(REREAD_SECONDS)
        await ports.settle(await _wanted(reader, ports.wanted))


async def _open_first(ports: Ports, reader: ThreadPoolExecutor) -> None:
    """Without its own port the process is of no use; others may be mended later."""
    main = _main_port()
    await ports.settle(await _wanted(reader, {main.number: main}))
    if (fault := ports.faults.get(main.number)) is not None:
        raise CannotListen(
            f"Cannot listen on {settings.BIND}:{main.number} ({fault}). "
            "Set RADFLOW_MLLP_PORT to a free port."
        )


async def _wanted(
    reader: ThreadPoolExecutor, otherwise: Mapping[int, Port]
) -> Mapping[int, Port]:
    """What the rows say; they may govern our own port too."""
    loop = asyncio.get_running_loop()
    try:
        rows = await loop.run_in_executor(reader, _read_rows)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("listeners not read: %s", type(error).__name__)
        return otherwise
    return {port.number: port for port in (_main_port(), *map(_port, rows))}


def _read_rows() -> list[Listener]:
    try:
        return list(Listener.objects.filter(enabled=True))
    except (DatabaseError, InterfaceError):
        connection.close()
        raise


def _hang_up() -> None:
    """Of the thread that it runs in: each has a connection of its own."""
    connection.close()


def _main_port() -> Port:
    limits = Limits(
        max_bytes=settings.HL7_MAX_BYTES,
        max_connections=settings.MLLP_MAX_CONNECTIONS,
        max_per_address=settings.MLLP_MAX_PER_ADDRESS,
        # An engine or a TLS proxy on this machine speaks for many.
        crowds=frozenset({"127.0.0.1", "::1"}),
    )
    return Port("HL7", settings.MLLP_PORT, limits)


def _port(row: Listener) -> Port:
    limits = Limits(
        max_bytes=settings.HL7_MAX_BYTES,
        max_connections=row.max_connections,
        max_per_address=row.max_per_address,
        idle_timeout=row.idle_seconds,
    )
    return Port(row.name, row.port, limits, row.security, row.release2)


def _server(writer: InboxWriter) -> MLLPServer:
    async def receive(raw: bytes, connection: Connection) -> bytes | None:
        return await writer.write(
            Received(
                raw,
                connection.address,
                local_port=connection.local_port,
                certificate=connection.certificate_sha256,
            )
        )

    async def too_large(head: bytes, connection: Connection) -> bytes | None:
        logger.warning("MLLP block over the limit refused")
        return refuse_too_large(head)

    return MLLPServer(receive, too_large=too_large)
