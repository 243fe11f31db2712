"""What a scheduler says of an appointment, freed from its encoding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from orders.requests import EntityNumber, PatientRequest
from worklist.lifecycle import AppointmentEvent


class Scope(Enum):
    """Which of an appointment's resources a message is about."""

    ALL = "all"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Resource:
    """A room, a device or a person (AIL, AIG, AIP), by all names it is told under.

    A person's are id, family and given name.
    """

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """What is to be done (AIS), with a time where it has one of its own."""

    code: str = ""
    text: str = ""
    start: datetime | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class AppointmentRequest:
    """Empty text means "not said"; numbers are pairs of id and namespace.

    `pending`: asked for, and nobody has confirmed it. `patient` is None where the
    message has no PID: a time that is blocked.
    """

    event: AppointmentEvent
    placer: EntityNumber = ("", "")
    filler: EntityNumber = ("", "")
    placer_orders: tuple[EntityNumber, ...] = ()
    filler_orders: tuple[EntityNumber, ...] = ()
    pending: bool = False
    start: datetime | None = None
    minutes: int | None = None
    services: tuple[Service, ...] = ()
    resources: tuple[Resource, ...] = ()
    scope: Scope = Scope.ALL
    reason: str = ""
    patient: PatientRequest | None = None
    event_time: datetime | None = None
    warnings: tuple[str, ...] = ()
