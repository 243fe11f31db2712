from worklist.lifecycle import AppointmentState
from worklist.models.announcement import Announcement
from worklist.models.block import BlockKind, RoomBlock, RoomHours
from worklist.models.caller import RefusedCaller
from worklist.models.commitment import CommitmentResult
from worklist.models.delivery import DeliveryState, DicomDelivery
from worklist.models.dose import DoseRecord
from worklist.models.exchange import DicomExchange, WorklistServed
from worklist.models.external import AppointmentNotice, ExternalAppointment
from worklist.models.feed import RoomFeed
from worklist.models.grasp import Grasp
from worklist.models.node import DicomNode
from worklist.models.performed import PerformedStep, PerformedStepStatus
from worklist.models.resource import Resource, ResourceHold, ResourceNeed
from worklist.models.room import Room, Station, StationScope
from worklist.models.routing import ExamRoute, ReadingNotice, RoutingRule
from worklist.models.step import Appointment, ScheduledStep
from worklist.models.study import Study, StudySeries
from worklist.models.verification import (
    CannotSay,
    GateOverride,
    PersonCheck,
    Unread,
    Verification,
    VerificationMethod,
)
from worklist.models.waiting import FreedSlot, PartOfDay, WaitListEntry

__all__ = [
    "Announcement",
    "Appointment",
    "AppointmentNotice",
    "AppointmentState",
    "BlockKind",
    "CannotSay",
    "CommitmentResult",
    "DeliveryState",
    "DicomDelivery",
    "DicomExchange",
    "DicomNode",
    "DoseRecord",
    "ExamRoute",
    "ExternalAppointment",
    "FreedSlot",
    "GateOverride",
    "Grasp",
    "PartOfDay",
    "PerformedStep",
    "PerformedStepStatus",
    "PersonCheck",
    "ReadingNotice",
    "RefusedCaller",
    "Resource",
    "ResourceHold",
    "ResourceNeed",
    "Room",
    "RoomBlock",
    "RoomFeed",
    "RoomHours",
    "RoutingRule",
    "ScheduledStep",
    "Station",
    "StationScope",
    "Study",
    "StudySeries",
    "Unread",
    "Verification",
    "VerificationMethod",
    "WaitListEntry",
    "WorklistServed",
]
