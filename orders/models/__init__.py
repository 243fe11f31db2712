from orders.models.order import Order, Priority, ReportStatus
from orders.models.patient import Patient, PatientIdentifier, Sex, Visit
from orders.models.procedure import Procedure
from orders.models.timeline import OrderEvent

__all__ = [
    "Order",
    "OrderEvent",
    "Patient",
    "PatientIdentifier",
    "Priority",
    "Procedure",
    "ReportStatus",
    "Sex",
    "Visit",
]
