"""Writes to orders and patients: the only way in for every edge."""

from orders.services.answers import record_answer
from orders.services.changing import Changed, change_order, differing
from orders.services.conflicts import (
    clear_attention,
    doubt_identity,
    settle_identity,
    warn_of_identity,
)
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
from orders.services.merging import merge_by_hand, merge_patients
from orders.services.patients import register_patient, update_patient
from orders.services.placing import Placed, place_order
from orders.services.provenance import keep_source
from orders.services.reporting import set_report_status
from orders.services.tombstones import bury
from orders.services.unmerging import undo_merge
from orders.services.visits import change_visit, keep_visit

__all__ = [
    "Changed",
    "Placed",
    "bury",
    "change_order",
    "change_visit",
    "clear_attention",
    "differing",
    "doubt_identity",
    "hold",
    "keep_source",
    "keep_visit",
    "merge_by_hand",
    "merge_patients",
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
    "undo_merge",
    "update_patient",
    "warn_of_identity",
]
