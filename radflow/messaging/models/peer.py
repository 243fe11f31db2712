from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from radflow.messaging.models.listener import Listener
from radflow.messaging.models.peer_checks import faults_of

ANY = "*"


class Profile(models.TextChoices):
    """Where this sender puts what sites disagree on (standards.md section 3.3)."""

    AUTO = "auto", _("Auto: by version and by presence of IPC")
    SEED = "seed", _("Seed")
    IHE_231 = "ihe-231", "IHE, HL7 2.3.1"
    IHE_251 = "ihe-251", "IHE, HL7 2.5.1"


class ReplyStyle(models.TextChoices):
    ACK = "ack", _("Acknowledgement only")
    ORDER_RESPONSE = "order_response", _("Order response (ORR or ORL) beside the ACK")


class ReplyAt(models.TextChoices):
    """What our acknowledgement states (standards.md section 3.1)."""

    RECEIPT = "receipt", _("Receipt: the bytes are committed")
    RESULT = "result", _("Result: what became of it")


class ReusedId(models.TextChoices):
    """A control ID that comes again with another body (section 5.4)."""

    APPLY = "apply", _("Apply it and flag it")
    REJECT = "reject", _("Refuse it (AE 205)")


class VersionOut(models.TextChoices):
    V231 = "2.3.1", "2.3.1"
    V251 = "2.5.1", "2.5.1"


class MergedId(models.TextChoices):
    """Orders and results that still name a retired identifier (section 10)."""

    RESOLVE = "resolve", _("Take them for the survivor and warn")
    REJECT = "reject", _("Refuse them (AE 204)")


class Drift(models.TextChoices):
    """A change of patient data or procedure of an order that has not begun."""

    APPLY = "apply", _("Apply it and flag it")
    HOLD = "hold", _("Hold it until a person decides")


class ImagingMessage(models.TextChoices):
    """How it hears of scheduled procedures (RAD-4, RAD-13)."""

    ORM = "ORM", _("ORM^O01 with ZDS")
    OMI = "OMI", _("OMI^O23 with IPC")


class Peer(models.Model):
    """A system that we talk HL7 with: how it is known, read and answered."""

    name = models.CharField(max_length=60, unique=True)
    enabled = models.BooleanField(default=True)
    sending_application = models.CharField(
        max_length=60, help_text=_("MSH-3.1 it sends, or * for any.")
    )
    sending_facility = models.CharField(
        max_length=60, default=ANY, help_text=_("MSH-4.1 it sends, or * for any.")
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
        max_length=3,
        default="P",
        help_text=_("Accepted MSH-11 values, such as P or PT."),
    )
    time_zone = models.CharField(
        max_length=40,
        default="UTC",
        help_text=_("IANA zone of times without an offset."),
    )
    fallback_charset = models.CharField(max_length=20, default="iso8859_1")
    default_authority = models.CharField(
        max_length=60, blank=True, help_text="Assigning authority where CX-4 is empty."
    )
    books_appointments = models.BooleanField(
        default=False,
        help_text=_(
            "It is the scheduling authority: its SIU books, moves and cancels, and its "
            "times may overlap others. Else they are noted only."
        ),
    )
    marks_arrivals = models.BooleanField(
        default=False,
        help_text=_("A registration or arrival checks in today's exams of the visit."),
    )
    host = models.CharField(
        max_length=200, blank=True, help_text=_("Where we send to; empty: nothing.")
    )
    port = models.PositiveIntegerField(default=0)
    wants_status = models.BooleanField(default=True)
    wants_results = models.BooleanField(default=True)
    wants_scheduling = models.BooleanField(
        default=False,
        help_text=_("An image or report manager: hears RAD-4 and RAD-13."),
    )
    wants_appointments = models.BooleanField(
        default=False,
        help_text=_("Hears of appointments booked, moved and cancelled here (RAD-48)."),
    )
    wants_updates = models.BooleanField(
        default=False, help_text=_("Hears of patients and merges (RAD-12).")
    )
    imaging_message = models.CharField(
        max_length=3, choices=ImagingMessage.choices, default=ImagingMessage.ORM
    )
    upsert = models.BooleanField(
        default=True, help_text=_("A change (XO) of an unknown order makes the order.")
    )
    merged_id = models.CharField(
        max_length=8, choices=MergedId.choices, default=MergedId.RESOLVE
    )
    drift = models.CharField(max_length=5, choices=Drift.choices, default=Drift.APPLY)
    ack_timeout = models.PositiveIntegerField(default=10, help_text="Seconds.")
    retry_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="Not reachable: no try before this."
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    mapping = models.JSONField(
        default=dict,
        blank=True,
        help_text="Where it puts what its profile expects elsewhere: key to paths.",
    )
    reply_at = models.CharField(
        max_length=7, choices=ReplyAt.choices, default=ReplyAt.RECEIPT
    )
    result_seconds = models.PositiveSmallIntegerField(
        default=10, help_text=_("Deadline of an answer that states the result.")
    )
    reused_id = models.CharField(
        max_length=6, choices=ReusedId.choices, default=ReusedId.APPLY
    )
    utf8_under_label = models.BooleanField(
        default=False,
        help_text=_("Read valid UTF-8 as such where MSH-18 names an 8859 set."),
    )
    extra_versions = ArrayField(
        models.CharField(max_length=10),
        default=list,
        blank=True,
        help_text="MSH-12 values taken from it beyond 2.3 to 2.8.",
    )
    listener = models.ForeignKey(
        Listener,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text=_("The only port it may come in by; empty: any."),
    )
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        help_text=_("Addresses it may come from, such as 10.4.2.0/24; empty: any."),
    )
    certificate = models.CharField(
        max_length=64,
        blank=True,
        help_text=_("SHA-256 of the certificate it must show under mutual TLS."),
    )
    tls_out = models.BooleanField(_("TLS to it"), default=False)
    release2_out = models.BooleanField(_("MLLP release 2 to it"), default=False)
    enhanced_out = models.BooleanField(
        default=False,
        help_text=_("Ask for an accept and an application acknowledgement."),
    )
    redirect_host = models.CharField(
        max_length=200, blank=True, help_text="Send there for now instead."
    )
    redirect_port = models.PositiveIntegerField(default=0)
    sending_paused_at = models.DateTimeField(null=True, editable=False)
    drain_until = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="While paused: what was queued up to this number still goes.",
    )
    applying_paused_at = models.DateTimeField(null=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    allowed_gap = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=_("Minutes of silence before an alarm; empty: learned, 0: never."),
    )
    learned_gaps = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        editable=False,
        help_text="Seconds by hour of the week, Monday 0 h first, in its time zone.",
    )
    learned_at = models.DateTimeField(null=True, editable=False)

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
        if found := faults_of(self):
            raise ValidationError(found)

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
