from radflow.messaging.models.inbound import InboundMessage, InboundState
from radflow.messaging.models.outbound import (
    DeliveryAttempt,
    OutboundMessage,
    OutboundState,
)
from radflow.messaging.models.peer import Peer, Profile, ReplyStyle, VersionOut

__all__ = [
    "DeliveryAttempt",
    "InboundMessage",
    "InboundState",
    "OutboundMessage",
    "OutboundState",
    "Peer",
    "Profile",
    "ReplyStyle",
    "VersionOut",
]
