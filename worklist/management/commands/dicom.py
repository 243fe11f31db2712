from __future__ import annotations

import logging
import signal
import ssl
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from radflow.messaging.models import Security
from radflow.messaging.tls import NotConfigured, for_listening
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
        for port in filter(None, (service.port, service.tls_port)):
            logger.info(
                "DICOM %s listens on %s:%d%s",
                settings.DICOM_AE_TITLE,
                settings.BIND,
                port,
                " (TLS)" if port == service.tls_port else "",
            )
        stopped.wait()
        service.stop()

    def _started(self) -> DicomService:
        service = DicomService(
            settings.DICOM_AE_TITLE,
            settings.BIND,
            settings.DICOM_PORT,
            tls=_tls_context(),
            tls_port=settings.DICOM_TLS_PORT,
        )
        try:
            service.start()
        except OSError as error:
            raise CommandError(
                f"A DICOM port cannot be used ({error.strerror}). Set "
                "RADFLOW_DICOM_PORT and RADFLOW_DICOM_TLS_PORT to free ones: now "
                f"{settings.DICOM_PORT} and {settings.DICOM_TLS_PORT}."
            ) from error
        return service


def _tls_context() -> ssl.SSLContext | None:
    """Where a TLS port is set; with RADFLOW_TLS_CA scanners show a certificate."""
    if not settings.DICOM_TLS_PORT:
        return None
    security = Security.MUTUAL if settings.TLS_CA else Security.TLS
    try:
        return for_listening(security)
    except (NotConfigured, OSError) as error:
        raise CommandError(
            f"RADFLOW_DICOM_TLS_PORT is set, and TLS is not possible: {error}."
        ) from error
