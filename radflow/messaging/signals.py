"""News for the floors above, sent inside the transaction.

message_acknowledged, message_refused: message (OutboundMessage), attempt
parked_replayed, parked_skipped: message (InboundMessage), by (User); locked
"""

from __future__ import annotations

from django.dispatch import Signal

message_acknowledged = Signal()
message_refused = Signal()
parked_replayed = Signal()
parked_skipped = Signal()
