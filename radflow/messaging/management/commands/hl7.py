"""`manage.py hl7`: the MLLP listener, its own process, needing only PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError

from radflow.messaging import listening


class Command(BaseCommand):
    help = "Listen for HL7 v2 over MLLP. Ends with SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            uvloop.run(_serve())
        except listening.CannotListen as error:
            raise CommandError(str(error)) from error


async def _serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await listening.serve(stop)
