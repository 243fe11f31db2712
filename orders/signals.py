"""News for the floors above, sent inside the transaction; receivers may refuse.

order_placed: order, schedule (orders.requests.ScheduleRequest), further (steps after
    the first, the same), cause
order_rescheduled: order, schedule, cause: the placer wants another time
patients_merged: survivor, retired, journal (MergeJournal), cause
merge_undone: journal, cause
order_routed: order, route: the ordering system names where it goes once performed
order_edited: order, cause: what is to be done was changed, by an XO or a person
visit_arrived: visit, cause: registered or here, by a peer that marks arrivals
order_changed: order, event (lifecycle.Event), before (ExamState), cause
"""

from __future__ import annotations

from django.dispatch import Signal

order_placed = Signal()
order_rescheduled = Signal()
order_changed = Signal()
patients_merged = Signal()
merge_undone = Signal()
order_edited = Signal()
order_routed = Signal()
visit_arrived = Signal()
