from worklist.lifecycle import AppointmentState
from worklist.models.announcement import Announcement
from worklist.models.exchange import DicomExchange, WorklistServed
from worklist.models.performed import PerformedStep, PerformedStepStatus, Study
from worklist.models.room import Room, Station
from worklist.models.step import Appointment, ScheduledStep
from worklist.models.verification import Verification, VerificationMethod

__all__ = [
    "Announcement",
    "Appointment",
    "AppointmentState",
    "DicomExchange",
    "PerformedStep",
    "PerformedStepStatus",
    "Room",
    "ScheduledStep",
    "Station",
    "Study",
    "Verification",
    "VerificationMethod",
    "WorklistServed",
]
