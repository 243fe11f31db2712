"""Options of every MLLP socket, ours and theirs."""

from __future__ import annotations

import socket

IDLE, INTERVAL, PROBES = 60, 15, 4


def tune(connection: socket.socket) -> None:
    """No delay for small answers; a peer that vanished is noticed in two minutes."""
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _probe(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _probe(connection: socket.socket) -> None:
    options = {"TCP_KEEPIDLE": IDLE, "TCP_KEEPINTVL": INTERVAL, "TCP_KEEPCNT": PROBES}
    for name, value in options.items():
        # Not every system has every one of them.
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
