from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from radflow.messaging.models.peer import Peer


class AlarmKind(models.TextChoices):
    SILENT = "silent", "Nothing heard for longer than usual"
    NOT_APPLIED = "not_applied", "Messages wait to be applied"
    NOT_SENT = "not_sent", "Messages wait to be sent"
    UNREACHABLE = "unreachable", "The destination does not answer"
    UNANSWERED = "unanswered", "Accepted messages wait for their result"
    REFUSED = "refused", "The destination refuses messages"
    ERRORS = "errors", "Many messages cannot be applied"


class ChannelAlarm(models.Model):
    """A fault of one channel, from its start until it cleared; never deleted.

    One that is open is told once; that it cleared is told once.
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=12, choices=AlarmKind.choices)
    detail = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_alarm"
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "kind"],
                condition=models.Q(cleared_at=None),
                name="alarm_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=AlarmKind.values), name="alarm_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.peer_id} {self.kind} since {self.started_at}"
