from radflow.messaging.models.alarm import AlarmKind, ChannelAlarm
from radflow.messaging.models.contract import (
    ContractStatus,
    UnknownSegment,
    ZContract,
    ZField,
    ZSample,
)
from radflow.messaging.models.handling import BulkReplay, MessageNote
from radflow.messaging.models.inbound import InboundMessage, InboundState
from radflow.messaging.models.listener import Listener, Security
from radflow.messaging.models.outbound import (
    DeliveryAttempt,
    OutboundMessage,
    OutboundState,
)
from radflow.messaging.models.peer import (
    Drift,
    ImagingMessage,
    MergedId,
    Peer,
    Profile,
    ReplyAt,
    ReplyStyle,
    ReusedId,
    VersionOut,
)
from radflow.messaging.models.revision import PeerRevision

__all__ = [
    "AlarmKind",
    "BulkReplay",
    "ChannelAlarm",
    "ContractStatus",
    "DeliveryAttempt",
    "Drift",
    "ImagingMessage",
    "InboundMessage",
    "InboundState",
    "Listener",
    "MergedId",
    "MessageNote",
    "OutboundMessage",
    "OutboundState",
    "Peer",
    "PeerRevision",
    "Profile",
    "ReplyAt",
    "ReplyStyle",
    "ReusedId",
    "Security",
    "UnknownSegment",
    "VersionOut",
    "ZContract",
    "ZField",
    "ZSample",
]
