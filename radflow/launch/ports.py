"""Asks before anything starts whether the ports are free."""

from __future__ import annotations

import socket
from collections.abc import Mapping


def taken_port(address: str, ports: Mapping[str, int]) -> str | None:
    """One line naming the variable to set, for the first port that is not free."""
    for variable, port in ports.items():
        if reason := _refusal(address, port):
            return (
                f"Port {port} on {address} cannot be used ({reason}): "
                f"set {variable} to another one."
            )
    return None


def _refusal(address: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        # Reuses an address as the servers do: a closed connection's wait is no taker.
        socket.create_server((address, port), family=family).close()
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or "not a port"
    return None
