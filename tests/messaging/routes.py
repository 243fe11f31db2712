"""A table of handlers for tests: what each message does is told by a current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import transaction
from django.test import override_settings

from radflow.hl7.message import Message
from radflow.live import services as live
from radflow.messaging import routes as contract
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Applied, Handler, Inbound
from tests.factories import PeerFactory

Act = Callable[[Inbound], None]


@dataclass
class Script:
    """What the handler does per control ID, and what was committed in which order."""

    acts: dict[str, Act] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    refuse: Callable[[Inbound, Parked], None] | None = None


current = Script()


def _apply(inbound: Inbound) -> Applied:
    """A hint on the table is the effect: it lives and dies with the transaction."""
    live.publish("effect", inbound.row.pk)
    if act := current.acts.get(inbound.message.control_id):
        act(inbound)
    transaction.on_commit(partial(current.applied.append, inbound.message.control_id))
    return Applied(order_ids=[inbound.row.pk, inbound.row.pk], warnings=["w" * 300])


def _check(message: Message) -> None:
    return None


def _keys(message: Message, peer: Peer | None) -> list[str]:
    """ZKY-1, repeated."""
    found = message.first("ZKY")
    return [one.text() for one in found.repetitions(1)] if found else []


def _refuse(inbound: Inbound, parked: Parked) -> None:
    if current.refuse:
        current.refuse(inbound, parked)
    current.refused.append((inbound.message.control_id, parked.code))


HANDLER = Handler(apply=_apply, check=_check, keys=_keys, refuse=_refuse)
ROUTES = {"ZZZ^Z01": "tests.messaging.routes:HANDLER"}


@pytest.fixture
def hospital(transactional_db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture
def script(hospital: Peer) -> Iterator[Script]:
    """The department plays by this script instead of the real handlers."""
    global current
    current = Script()
    with override_settings(HL7_ROUTES=__name__):
        contract._table.cache_clear()
        yield current
    contract._table.cache_clear()
