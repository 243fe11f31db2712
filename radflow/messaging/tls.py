"""TLS of our ports and of what we send, by the files that the environment names."""

from __future__ import annotations

import ssl
from pathlib import Path

from django.conf import settings

from radflow.hl7.tls import client_context, server_context
from radflow.messaging.models import Security


class NotConfigured(Exception):
    """A file that TLS needs is not named or not there; the text says which."""


def for_listening(security: str) -> ssl.SSLContext | None:
    """None for plain TCP; OSError or NotConfigured where the files do not serve."""
    if security == Security.PLAIN:
        return None
    certificate = _file("RADFLOW_TLS_CERTIFICATE", settings.TLS_CERTIFICATE)
    key = _file("RADFLOW_TLS_KEY", settings.TLS_KEY)
    ca = None
    if security == Security.MUTUAL:
        ca = _file("RADFLOW_TLS_CA", settings.TLS_CA)
    return server_context(certificate, key, client_ca=ca)


def for_sending() -> ssl.SSLContext:
    """Receivers of RADFLOW_TLS_CA, else those the system trusts, are sent to; our
    certificate is shown where there is one."""
    ca = certificate = key = None
    if settings.TLS_CA:
        ca = _file("RADFLOW_TLS_CA", settings.TLS_CA)
    if settings.TLS_CERTIFICATE:
        certificate = _file("RADFLOW_TLS_CERTIFICATE", settings.TLS_CERTIFICATE)
        key = _file("RADFLOW_TLS_KEY", settings.TLS_KEY)
    return client_context(ca=ca, certificate=certificate, key=key)


def renew(context: ssl.SSLContext) -> None:
    """Handshakes from now on show what the files hold now."""
    context.load_cert_chain(settings.TLS_CERTIFICATE, settings.TLS_KEY)


def written() -> tuple[float, ...]:
    """When our certificate and key were written; empty without them."""
    files = (settings.TLS_CERTIFICATE, settings.TLS_KEY)
    return tuple(Path(name).stat().st_mtime for name in files if name)


def _file(variable: str, path: str) -> Path:
    if not path:
        raise NotConfigured(f"{variable} is not set")
    if not Path(path).is_file():
        raise NotConfigured(f"{variable} names no file")
    return Path(path)
