"""The hospital's inbox: acknowledges what radflow sends and keeps every byte of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from radflow.hl7.acks import build_ack
from radflow.hl7.header import peek
from radflow.hl7.server import Connection, MLLPServer


class Receiver:
    """Appends each message to `hospital-inbox.jsonl` in the data folder; says AA."""

    def __init__(self) -> None:
        self._path = Path(settings.DATA_DIR) / "hospital-inbox.jsonl"
        self._count = 0
        self.server = MLLPServer(self._receive)

    async def _receive(self, raw: bytes, connection: Connection) -> bytes:
        header = peek(raw)
        now = datetime.now(UTC)
        row = {
            "at": now.isoformat(),
            "type": header.message_type if header else "",
            "control_id": header.control_id if header else "",
            "message": raw.decode("utf-8", "surrogateescape"),
        }
        with self._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps(row) + "\n")
        self._count += 1
        control_id = f"EHR{now:%H%M%S}{self._count}"
        return build_ack(
            raw, "AA", control_id=control_id, now=now, sender=("EHRX", "GENHOSP")
        )

    async def start(self) -> None:
        await self.server.start(
            settings.DEMO_RECEIVER_HOST, settings.DEMO_RECEIVER_PORT
        )
