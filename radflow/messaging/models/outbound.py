from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from radflow.messaging.models.inbound import InboundMessage
from radflow.messaging.models.peer import Peer


class OutboundState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent, not yet acknowledged")
    ACCEPTED = "accepted", _("Accepted, result awaited")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    REFUSED = "refused", _("Refused")
    DEAD = "dead", _("Dead")


class OutboundMessage(models.Model):
    """A message frozen in the transaction that caused it, sent until acknowledged.

    Bytes and control ID never change, so a resend after a lost ACK is recognised
    by the receiver. Messages with the same peer and `key` go out in order of `id`;
    one that was refused holds back only its own key.
    """

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="outbound")
    created_at = models.DateTimeField(db_default=Now())
    control_id = models.CharField(max_length=20, unique=True)
    message_type = models.CharField(max_length=20)
    raw = models.BinaryField()
    key = models.CharField(max_length=200)
    state = models.CharField(
        max_length=12, choices=OutboundState.choices, default=OutboundState.QUEUED
    )
    in_reply_to = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="replies"
    )
    order_ids = ArrayField(models.BigIntegerField(), default=list)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    ack_code = models.CharField(max_length=2, blank=True)
    ack_raw = models.BinaryField(default=bytes)
    error_code = models.CharField(max_length=40, blank=True)
    error_location = models.CharField(max_length=60, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    accepted_at = models.DateTimeField(null=True, help_text="Of the accept ACK.")
    answer = models.ForeignKey(
        InboundMessage,
        null=True,
        on_delete=models.PROTECT,
        related_name="answers",
        help_text="The application acknowledgement that came as its own message.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    resent_at = models.DateTimeField(
        null=True, help_text="A person sent it again; earlier errors do not count."
    )
    legal_hold = models.BooleanField(default=False)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_outbound"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=OutboundState.values),
                name="outbound_state_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["peer", "key", "id"],
                name="outbound_open",
                condition=models.Q(state__in=["queued", "sent", "refused"]),
            ),
            models.Index(
                fields=["peer", "id"],
                name="outbound_waiting",
                condition=models.Q(state__in=["queued", "sent"]),
            ),
            models.Index(
                fields=["peer"],
                name="outbound_leased",
                condition=models.Q(leased_until__isnull=False),
            ),
            models.Index(fields=["state", "-id"], name="outbound_state"),
            models.Index(fields=["peer", "-id"], name="outbound_peer"),
            models.Index(fields=["message_type", "-id"], name="outbound_type"),
            models.Index(fields=["created_at"], name="outbound_created"),
            GinIndex(fields=["order_ids"], name="outbound_orders"),
        ]

    def __str__(self) -> str:
        return f"outbound {self.pk} {self.message_type}"


class DeliveryAttempt(models.Model):
    """One try to deliver; append-only."""

    message = models.ForeignKey(
        OutboundMessage, on_delete=models.CASCADE, related_name="tries"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(
        max_length=20, help_text="AA, AE, AR, timeout, unreachable, mismatch."
    )
    response = models.BinaryField(default=bytes)

    class Meta:
        db_table = "messaging_attempt"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attempt {self.pk}: {self.outcome}"
