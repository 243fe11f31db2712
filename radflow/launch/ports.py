"""Asks before anything starts whether the ports are free."""

from __future__ import annotations

import os
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
    except OverflowError:
        return "no such port"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def misspelt_port(environment: Mapping[str, str]) -> str | None:
    """One line naming a port variable that holds no number."""
    for name, value in environment.items():
        is_ours = name.startswith("RADFLOW_") and name.endswith("_PORT")
        if is_ours and not value.isdecimal():
            return f"{name} is {value!r}: set it to a port number."
    return None
