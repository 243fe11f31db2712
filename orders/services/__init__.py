"""Writes to orders and patients: the only way in for every edge."""

from orders.services.answers import record_answer
from orders.services.events import (
    note,
    note_on,
    put_schedule,
    record_event,
    run_event,
    save,
    set_schedule,
)
from orders.services.patients import keep_visit, register_patient, update_patient
from orders.services.placing import change_order, place_order
from orders.services.provenance import keep_source
from orders.services.reporting import set_report_status

__all__ = [
    "change_order",
    "keep_source",
    "keep_visit",
    "note",
    "note_on",
    "place_order",
    "put_schedule",
    "record_answer",
    "record_event",
    "register_patient",
    "run_event",
    "save",
    "set_report_status",
    "set_schedule",
    "update_patient",
]
