"""News for the floors above, sent inside the transaction; receivers may refuse.

order_placed: order, schedule (orders.requests.ScheduleRequest), cause
order_changed: order, event (lifecycle.Event), before (ExamState), cause
"""

from __future__ import annotations

from django.dispatch import Signal

order_placed = Signal()
order_changed = Signal()
