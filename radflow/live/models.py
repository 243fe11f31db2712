from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class LiveEvent(models.Model):
    """A hint that something changed; never holds patient data.

    `seq` is given after the commit, under a lock, so that numbers follow commit
    order and a reader's cursor can never pass an event that appears later.
    """

    seq = models.BigIntegerField(null=True, unique=True)
    topic = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    version = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "live_event"
        indexes = [
            models.Index(
                fields=["id"], name="live_unnumbered", condition=models.Q(seq=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_id} v{self.version}"
