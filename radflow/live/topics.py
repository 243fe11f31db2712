"""Which capability a person needs to be told about a topic; others: nobody."""

from __future__ import annotations

from radflow.accounts.models import User
from radflow.accounts.roles import Capability

TOPICS: dict[str, Capability] = {
    "order": Capability.VIEW_ORDERS,
    "patient": Capability.VIEW_ORDERS,
    "reconciliation": Capability.VIEW_ORDERS,
    "room": Capability.VIEW_ORDERS,
    "grasp": Capability.SCHEDULE,
    "report": Capability.VIEW_REPORTS,
    "case": Capability.VIEW_CASES,
    "message": Capability.VIEW_MESSAGES,
    "channel": Capability.VIEW_MESSAGES,
    "station": Capability.VIEW_MESSAGES,
}


def topics_for(user: User) -> frozenset[str]:
    """Topic roots (the part before the first dot) this person may hear."""
    return frozenset(root for root, need in TOPICS.items() if user.may(need))


def is_audible(topic: str, roots: frozenset[str]) -> bool:
    return topic.partition(".")[0] in roots
