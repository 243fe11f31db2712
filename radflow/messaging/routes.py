"""The contract between the inbox and the apps that understand messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from django.conf import settings
from django.utils.translation import gettext_noop

from radflow.hl7.acks import HL7Error
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, Peer

ORDER_KEY = "O:"


class PersonalLabel(str):
    """The label of patient data: its value is hidden until revealed."""

    __slots__ = ()


def own(keys: Sequence[str]) -> list[str]:
    """What a message speaks of first: its orders, else its patient."""
    return [key for key in keys if key.startswith(ORDER_KEY)] or list(keys)


@dataclass(frozen=True)
class Inbound:
    """A message on its way into the domain: the row, its parse and its sender."""

    row: InboundMessage
    message: Message
    peer: Peer

    @property
    def answered_on_the_line(self) -> bool:
        """The sender waits: the result is the answer, not a message of its own."""
        return self.row.result_due_at is not None


@dataclass(frozen=True)
class Response:
    """The response message of a pair, as `ORR^O02`: what follows its MSA."""

    message_type: str
    segments: Sequence[str]


@dataclass
class Applied:
    """What a message did: the orders it touched, and warnings for the screen.

    `response` is for a sender that waits on the line; another gets it as a message.
    `refused` is what could not be applied of a message whose other orders were: it
    goes to a person, and applying it again must change nothing of the rest.
    """

    order_ids: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    response: Response | None = None
    refused: Parked | None = None


@dataclass(frozen=True)
class Handler:
    """How one kind of message is checked, keyed, applied and, if parked, refused.

    `check` runs before the acknowledgement and raises HL7Error for what the sender
    must mend. `keys` name order and patient, for the order of application; both
    read the message only, no database; those that begin with ORDER_KEY name orders and
    are its own keys, else all are. `apply` runs in one transaction and raises Parked.
    `refuse` gives the negative response for a message that was parked to a sender that
    waits on the line, else queues it.
    `keep` runs as the message is parked, in that transaction: for what people need to
    see beside it.
    `describe` says by label what the message would be read as, and writes nothing; it
    raises as `apply` does. `facts` says by label what is known of these orders and of
    the message's patient. Labels of patient data are PersonalLabels.
    """

    apply: Callable[[Inbound], Applied]
    check: Callable[[Message], None]
    keys: Callable[[Message, Peer | None], Sequence[str]]
    refuse: Callable[[Inbound, Parked], Response | None] | None = None
    keep: Callable[[Inbound, Parked], None] | None = None
    describe: Callable[[Inbound], dict[str, str]] | None = None
    facts: Callable[[Inbound, Sequence[int]], dict[str, str]] | None = None


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = import_module(settings.HL7_ROUTES).ROUTES
    return table


@cache
def _load(target: str) -> Handler:
    module, _, name = target.partition(":")
    handler: Handler = getattr(import_module(module), name)
    return handler


def handler_for(message_type: str) -> Handler:
    """The handler of `ORM^O01` and the like; HL7Error 200 or 201 without one."""
    table = _table()
    if message_type in table:
        return _load(table[message_type])
    code, _, _ = message_type.partition("^")
    if code in table:  # an acknowledgement of whatever event
        return _load(table[code])
    if any(known.startswith(f"{code}^") for known in table):
        raise HL7Error(
            "201", gettext_noop("Event is not supported here."), "MSH^1^9^1^2", ack="AR"
        )
    raise HL7Error(
        "200", gettext_noop("Message type is not supported here."), "MSH^1^9", ack="AR"
    )
