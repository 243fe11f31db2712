from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from radflow.messaging.models.peer import Peer


class PeerRevision(models.Model):
    """The settings of a peer as they were from `changed_at` on; append-only.

    `values` holds every versioned field by its name, as JSON.
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "messaging_peer_revision"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "number"], name="peer_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.peer_id} revision {self.number}"
