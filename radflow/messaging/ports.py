"""Ports of the listener process: opened, changed and closed while others go on."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from radflow.hl7.server import Limits, MLLPServer
from radflow.messaging import tls
from radflow.messaging.models import Security

logger = logging.getLogger(__name__)

REPORT_SECONDS = 600.0


@dataclass(frozen=True)
class Port:
    """What a port is to be."""

    name: str
    number: int
    limits: Limits = field(default_factory=Limits)
    security: str = Security.PLAIN
    release2: bool = False


@dataclass
class _Open:
    """An open port; its certificate is read again when the files have changed."""

    port: Port
    server: MLLPServer
    context: ssl.SSLContext | None = None
    read: tuple[float, ...] = ()
    reported: str = ""
    reported_at: float = 0.0

    def change(self, port: Port) -> None:
        """Limits and release hold for the connections that come from now on."""
        self.port = port
        self.server.limits = port.limits
        self.server.release2 = port.release2

    def renew(self) -> None:
        if self.context is not None and (written := tls.written()) != self.read:
            tls.renew(self.context)
            self.read = written
            logger.info("%s: certificate read again", self.port.name)

    def report(self) -> None:
        """Now and then what has changed, by numbers alone."""
        counts = self.server.counts
        text = (
            f"{counts.blocks} blocks, {counts.refused} connections refused, "
            f"{counts.discarded} bytes outside blocks"
        )
        now = asyncio.get_running_loop().time()
        if text == self.reported or now - self.reported_at < REPORT_SECONDS:
            return
        if self.reported:
            logger.info(
                "%s (port %d): %d connections, %s",
                *(self.port.name, self.port.number, self.server.connections, text),
            )
        self.reported, self.reported_at = text, now


class Ports:
    """`faults` says by port why it is not open; it is tried again at each `settle`."""

    def __init__(self, new_server: Callable[[], MLLPServer]) -> None:
        self._new_server = new_server
        self._open: dict[int, _Open] = {}
        self.wanted: Mapping[int, Port] = {}
        self.faults: dict[int, str] = {}

    async def settle(self, wanted: Mapping[int, Port]) -> None:
        """Make the open ports those that are wanted."""
        self.wanted = wanted
        self.faults = {n: text for n, text in self.faults.items() if n in wanted}
        await asyncio.gather(
            *(self._close(number) for number in list(self._open) if self._ends(number))
        )
        for port in wanted.values():
            await self._keep(port)

    def _ends(self, number: int) -> bool:
        """Who spoke plainly cannot go on in TLS: those connections have to end."""
        port = self.wanted.get(number)
        return port is None or port.security != self._open[number].port.security

    async def _close(self, number: int) -> None:
        closed = self._open.pop(number)
        await closed.server.stop()
        logger.info("%s: port %d closed", closed.port.name, number)

    async def _keep(self, port: Port) -> None:
        try:
            if port.number not in self._open:
                self._open[port.number] = await self._begin(port)
                logger.info("%s: listening on port %d", port.name, port.number)
            opened = self._open[port.number]
            opened.change(port)
            opened.renew()
            opened.report()
            self.faults.pop(port.number, None)
        except (OSError, tls.NotConfigured) as error:
            self._tell(port, _reason(error))

    async def _begin(self, port: Port) -> _Open:
        context = tls.for_listening(port.security)
        read = tls.written() if context is not None else ()
        opened = _Open(port, self._new_server(), context, read)
        opened.change(port)
        await opened.server.start(settings.BIND, port.number, ssl=context)
        return opened

    def _tell(self, port: Port, reason: str) -> None:
        """Once: it is tried every few seconds."""
        if self.faults.get(port.number) != reason:
            logger.error("%s: port %d: %s", port.name, port.number, reason)
        self.faults[port.number] = reason


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"certificate, key or CA cannot be used ({error.reason})"
    # The loop's own text names the address once more.
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else str(error)
