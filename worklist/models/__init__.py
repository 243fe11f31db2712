from worklist.lifecycle import AppointmentState
from worklist.models.announcement import Announcement
from worklist.models.delivery import DeliveryState, DicomDelivery
from worklist.models.exchange import DicomExchange, WorklistServed
from worklist.models.node import DicomNode
from worklist.models.performed import PerformedStep, PerformedStepStatus
from worklist.models.room import Room, Station
from worklist.models.step import Appointment, ScheduledStep
from worklist.models.study import Study, StudySeries
from worklist.models.verification import Verification, VerificationMethod

__all__ = [
    "Announcement",
    "Appointment",
    "AppointmentState",
    "DeliveryState",
    "DicomDelivery",
    "DicomExchange",
    "DicomNode",
    "PerformedStep",
    "PerformedStepStatus",
    "Room",
    "ScheduledStep",
    "Station",
    "Study",
    "StudySeries",
    "Verification",
    "VerificationMethod",
    "WorklistServed",
]
