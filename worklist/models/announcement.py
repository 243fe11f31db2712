from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from orders.models import Order
from radflow.messaging.models import Peer


class Announcement(models.Model):
    """That an image manager was told of a procedure (RAD-4): later news is RAD-13."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="announcements"
    )
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "worklist_announcement"
        constraints = [
            models.UniqueConstraint(fields=["order", "peer"], name="announced_once")
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} announced to peer {self.peer_id}"
