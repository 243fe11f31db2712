"""Channels of the floors above, such as those of DICOM, handed in at start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from radflow.messaging.channels.channel import Channel

Provider = Callable[[datetime], list[Channel]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def provided(now: datetime) -> list[Channel]:
    return [channel for provider in _providers for channel in provider(now)]
