"""The ports that HL7 comes in by."""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings

from radflow.hl7.server import Connection, Limits, MLLPServer
from radflow.messaging.intake import Received
from radflow.messaging.replies import refuse_too_large
from radflow.messaging.writer import InboxWriter

logger = logging.getLogger(__name__)


class CannotListen(Exception):
    """The port of RADFLOW_MLLP_PORT is taken or forbidden; the text says what to do."""


async def serve(stop: asyncio.Event) -> None:
    """Take HL7 until `stop` is set, then answer what was received and end."""
    writer = InboxWriter(asyncio.get_running_loop())
    server = _server(writer)
    try:
        await server.start(settings.BIND, settings.MLLP_PORT)
    except OSError as error:
        raise CannotListen(
            f"Cannot listen on {settings.BIND}:{settings.MLLP_PORT} "
            f"({error.strerror}). Set RADFLOW_MLLP_PORT to a free port."
        ) from error
    logger.info("HL7 listener on %s:%d", settings.BIND, settings.MLLP_PORT)
    await stop.wait()
    await server.stop()
    writer.stop()


def _server(writer: InboxWriter) -> MLLPServer:
    async def receive(raw: bytes, connection: Connection) -> bytes | None:
        return await writer.write(Received(raw, connection.address))

    async def too_large(head: bytes, connection: Connection) -> bytes | None:
        logger.warning("MLLP block over the limit refused")
        return refuse_too_large(head)

    limits = Limits(
        max_bytes=settings.HL7_MAX_BYTES, max_connections=256, max_per_address=128
    )
    return MLLPServer(receive, limits=limits, too_large=too_large)
