from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from radflow.messaging.models.peer import Peer


class InboundState(models.TextChoices):
    RECEIVED = "received", _("Received")
    APPLIED = "applied", _("Applied")
    PARKED = "parked", _("Parked")
    REJECTED = "rejected", _("Rejected")
    DUPLICATE = "duplicate", pgettext_lazy("message", "Duplicate")
    SKIPPED = "skipped", _("Skipped")


class InboundMessage(models.Model):
    """A message as it came, committed before it was answered; never deleted.

    `raw` are the bytes between the frame marks. `keys` name the order and patient
    that it speaks of: messages that share a key are applied in the order of `id`.
    """

    peer = models.ForeignKey(
        Peer, null=True, on_delete=models.PROTECT, related_name="inbound"
    )
    received_at = models.DateTimeField(db_default=Now())
    remote_address = models.CharField(max_length=60)
    raw = models.BinaryField()
    body_hash = models.BinaryField(
        max_length=32, help_text="SHA-256 of MSH-9 and all segments after MSH."
    )
    control_id = models.CharField(max_length=199, blank=True)
    message_type = models.CharField(max_length=20, blank=True)
    sending_application = models.CharField(max_length=227, blank=True)
    sending_facility = models.CharField(max_length=227, blank=True)
    version = models.CharField(max_length=20, blank=True)
    state = models.CharField(
        max_length=10, choices=InboundState.choices, default=InboundState.RECEIVED
    )
    duplicate_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="duplicates"
    )
    control_id_reused = models.BooleanField(default=False)
    ack_code = models.CharField(max_length=2, blank=True)
    ack_raw = models.BinaryField(default=bytes)
    error_code = models.CharField(
        max_length=40, blank=True, help_text="Table 0357, or a code of section 14."
    )
    error_location = models.CharField(max_length=60, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    warnings = ArrayField(models.CharField(max_length=200), default=list)
    keys = ArrayField(models.CharField(max_length=200), default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)
    order_ids = ArrayField(models.BigIntegerField(), default=list)
    peer_revision = models.PositiveIntegerField(
        null=True, help_text="Of the peer's settings at receipt."
    )
    envelope = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="enveloped",
        help_text="The batch that it came in.",
    )
    result_due_at = models.DateTimeField(
        null=True, help_text="Until then the sender waits for the result."
    )
    holds = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Parked, and later messages of its order (else patient) wait.",
    )
    parked_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    edited_from = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="edits",
        help_text="The original of what a person changed and replayed.",
    )
    findings = models.JSONField(
        null=True, help_text="Of the conformance check; null: not checked yet."
    )
    legal_hold = models.BooleanField(default=False, db_default=False)
    pruned_at = models.DateTimeField(
        null=True, help_text="Its bytes were removed by the retention setting."
    )

    class Meta:
        db_table = "messaging_inbound"
        ordering = ["-id"]
        constraints = [
            # Rejected ones may come again after the fault is mended.
            models.UniqueConstraint(
                fields=[
                    "sending_application",
                    "sending_facility",
                    "control_id",
                    "body_hash",
                ],
                condition=models.Q(duplicate_of=None)
                & ~models.Q(state="rejected")
                & ~models.Q(control_id=""),
                name="inbound_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=InboundState.values),
                name="inbound_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="inbound_waiting",
                condition=models.Q(state="received"),
            ),
            models.Index(fields=["control_id"], name="inbound_control_id"),
            models.Index(fields=["peer", "-id"], name="inbound_peer"),
            models.Index(fields=["message_type", "-id"], name="inbound_type"),
            models.Index(fields=["received_at"], name="inbound_received"),
            models.Index(
                fields=["received_at"],
                name="inbound_unchecked",
                condition=models.Q(findings__isnull=True),
            ),
            models.Index(
                fields=["id"], name="inbound_holds", condition=models.Q(holds=True)
            ),
            GinIndex(fields=["keys"], name="inbound_keys"),
            GinIndex(fields=["order_ids"], name="inbound_orders"),
            models.Index(fields=["state", "-id"], name="inbound_state"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk} {self.message_type}"
