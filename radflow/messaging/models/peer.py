from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

ANY = "*"


class Profile(models.TextChoices):
    """Where this sender puts what sites disagree on (standards.md section 3.3)."""

    AUTO = "auto", "Auto: by version and by presence of IPC"
    SEED = "seed", "Seed"
    IHE_231 = "ihe-231", "IHE, HL7 2.3.1"
    IHE_251 = "ihe-251", "IHE, HL7 2.5.1"


class ReplyStyle(models.TextChoices):
    ACK = "ack", "Acknowledgement only"
    ORDER_RESPONSE = "order_response", "Order response (ORR or ORL) beside the ACK"


class VersionOut(models.TextChoices):
    V231 = "2.3.1", "2.3.1"
    V251 = "2.5.1", "2.5.1"


class Peer(models.Model):
    """A system that we talk HL7 with: how it is known, read and answered."""

    name = models.CharField(max_length=60, unique=True)
    enabled = models.BooleanField(default=True)
    sending_application = models.CharField(
        max_length=60, help_text="MSH-3.1 it sends, or * for any."
    )
    sending_facility = models.CharField(
        max_length=60, default=ANY, help_text="MSH-4.1 it sends, or * for any."
    )
    profile = models.CharField(
        max_length=10, choices=Profile.choices, default=Profile.AUTO
    )
    reply_style = models.CharField(
        max_length=20, choices=ReplyStyle.choices, default=ReplyStyle.ACK
    )
    version_out = models.CharField(
        max_length=6, choices=VersionOut.choices, default=VersionOut.V251
    )
    processing_ids = models.CharField(
        max_length=3, default="P", help_text="Accepted MSH-11 values, such as P or PT."
    )
    time_zone = models.CharField(
        max_length=40, default="UTC", help_text="IANA zone of times without an offset."
    )
    fallback_charset = models.CharField(max_length=20, default="iso8859_1")
    default_authority = models.CharField(
        max_length=60, blank=True, help_text="Assigning authority where CX-4 is empty."
    )
    books_appointments = models.BooleanField(
        default=False,
        help_text="It is the scheduling authority: its times may overlap others.",
    )
    host = models.CharField(
        max_length=200, blank=True, help_text="Where we send to; empty: nothing."
    )
    port = models.PositiveIntegerField(default=0)
    wants_status = models.BooleanField(default=True)
    wants_results = models.BooleanField(default=True)
    ack_timeout = models.PositiveIntegerField(default=10, help_text="Seconds.")
    retry_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="Not reachable: no try before this."
    )

    class Meta:
        db_table = "messaging_peer"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["sending_application", "sending_facility"],
                name="peer_known_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What does not exist would refuse every message of this sender."""
        if not set(self.processing_ids) <= set("PTD"):
            raise ValidationError({"processing_ids": "Only P, T and D are known."})
        if self.port > 65535:
            raise ValidationError({"port": "The highest port is 65535."})
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError({"time_zone": "There is no such zone."}) from None
        try:
            "".encode(self.fallback_charset)
        except LookupError:
            text = "There is no such character set."
            raise ValidationError({"fallback_charset": text}) from None

    @property
    def receives(self) -> bool:
        return bool(self.enabled and self.host and self.port)


def sender_of(application: str, facility: str, peers: Iterable[Peer]) -> Peer | None:
    """The exact pair, else the application from anywhere, else any sender."""
    known = {(peer.sending_application, peer.sending_facility): peer for peer in peers}
    for pair in ((application, facility), (application, ANY), (ANY, ANY)):
        if pair in known:
            return known[pair]
    return None
