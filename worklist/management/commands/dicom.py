from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from worklist.dicom.service import DicomService

logger = logging.getLogger(__name__)
# One per association at work; more would only wait inside PostgreSQL.
_DATABASE_CONNECTIONS = {"min_size": 2, "max_size": 16, "timeout": 10}


class Command(BaseCommand):
    help = "Serve worklist and performed steps to scanners (DICOM), until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        # Scanners open an association per query, each on a thread of its own: without
        # a pool every query would pay for a new database connection.
        databases = connections.settings["default"]
        databases["OPTIONS"] = {**databases["OPTIONS"], "pool": _DATABASE_CONNECTIONS}
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        service = self._started()
        logger.info(
            "DICOM %s listens on %s:%d",
            settings.DICOM_AE_TITLE,
            settings.BIND,
            service.port,
        )
        stopped.wait()
        service.stop()

    def _started(self) -> DicomService:
        service = DicomService(
            settings.DICOM_AE_TITLE, settings.BIND, settings.DICOM_PORT
        )
        try:
            service.start()
        except OSError as error:
            raise CommandError(
                f"DICOM port {settings.DICOM_PORT} cannot be used "
                f"({error.strerror}). Set RADFLOW_DICOM_PORT to a free one."
            ) from error
        return service
