"""Who is at the other end of a connection."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Connection:
    """Where bytes came from, `address` as `host:port`.

    `certificate_sha256` is of the certificate that the other side proved to hold, in
    lower case hex; empty without mutual TLS.
    """

    address: str
    local_port: int = 0
    certificate_sha256: str = ""

    @classmethod
    def of(cls, transport: asyncio.BaseTransport) -> Self:
        host, port = (transport.get_extra_info("peername") or ("unknown", 0))[:2]
        own = transport.get_extra_info("sockname")
        secured = transport.get_extra_info("ssl_object")
        shown = secured.getpeercert(binary_form=True) if secured else None
        return cls(
            f"{host}:{port}",
            int(own[1]) if isinstance(own, tuple) else 0,
            hashlib.sha256(shown).hexdigest() if shown else "",
        )

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0]
