"""What the orders of one message have of one another: RP with RO, PA with CH."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from orders.hl7.outbound import Answer
from orders.hl7.questions import Question
from orders.models import Order
from orders.requests import EntityNumber
from radflow.messaging.routes import Applied


@dataclass
class Family:
    """What the orders of one RP or PA share.

    `unseen` ask to replace what never came; `has_replacement`: an RO follows.
    """

    has_replacement: bool = False
    replaced: Order | None = None
    unseen: list[Question] = field(default_factory=list)
    parent: EntityNumber = ("", "")


Act = Callable[[Question, Applied, Family], list[Answer]]
