"""Writes to orders and patients: the only way in for every edge."""

from orders.services.answers import record_answer
from orders.services.changing import Changed, change_order
from orders.services.conflicts import doubt_identity, settle_identity
from orders.services.events import (
    note,
    note_on,
    put_schedule,
    record_event,
    run_event,
    save,
    set_schedule,
)
from orders.services.holding import hold, release
from orders.services.patients import keep_visit, register_patient, update_patient
from orders.services.placing import Placed, place_order
from orders.services.provenance import keep_source
from orders.services.reporting import set_report_status
from orders.services.tombstones import bury

__all__ = [
    "Changed",
    "Placed",
    "bury",
    "change_order",
    "doubt_identity",
    "hold",
    "keep_source",
    "keep_visit",
    "note",
    "note_on",
    "place_order",
    "put_schedule",
    "record_answer",
    "record_event",
    "register_patient",
    "release",
    "run_event",
    "save",
    "set_report_status",
    "set_schedule",
    "settle_identity",
    "update_patient",
]
