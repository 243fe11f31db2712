from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Security(models.TextChoices):
    PLAIN = "plain", _("Plain TCP")
    TLS = "tls", "TLS"
    MUTUAL = "mutual", _("Mutual TLS: the sender shows a certificate")


class Listener(models.Model):
    """A port that we hear HL7 on, besides the one of RADFLOW_MLLP_PORT.

    The listener process opens, changes and closes them as rows change, without a
    restart. Certificates and keys are files named by the environment, never rows.
    """

    name = models.CharField(max_length=60, unique=True)
    enabled = models.BooleanField(default=True)
    port = models.PositiveIntegerField(
        unique=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(
        max_length=6, choices=Security.choices, default=Security.PLAIN
    )
    release2 = models.BooleanField(
        _("MLLP release 2"),
        default=False,
        help_text=_("A commit acknowledgement of the transport for every block."),
    )
    max_connections = models.PositiveIntegerField(
        default=64, validators=[MinValueValidator(1)]
    )
    max_per_address = models.PositiveIntegerField(
        default=8, validators=[MinValueValidator(1)]
    )
    idle_seconds = models.PositiveIntegerField(
        default=3600,
        validators=[MinValueValidator(1)],
        help_text=_("A connection silent for longer is closed."),
    )

    class Meta:
        db_table = "messaging_listener"
        ordering = ["port"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(security__in=Security.values),
                name="listener_security_known",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.max_per_address > self.max_connections:
            text = _("One address cannot have more than all together.")
            raise ValidationError({"max_per_address": text})
