from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext as _

from radflow.accounts.roles import CAPABILITIES, Capability, Role
from radflow.sites.models import Site


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    COMPACT = "compact", "Compact"
    NORMAL = "normal", "Normal"
    TOUCH = "touch", "Touch"


class Language(models.TextChoices):
    """Of the pages; each by the name its speakers know. Empty: as the browser asks."""

    ENGLISH = "en", "English"
    GERMAN = "de", "Deutsch"


class User(AbstractUser):
    """A person who signs in; what they may do follows from `role` alone."""

    role = models.CharField(
        max_length=20, choices=Role.choices, blank=True, help_text="Empty: no access."
    )
    title = models.CharField(max_length=20, blank=True, help_text="Such as Dr.")
    staff_id = models.CharField(
        max_length=20, blank=True, help_text="Identifier sent in HL7 XCN component 1."
    )
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(
        max_length=10, choices=Density.choices, default=Density.NORMAL
    )
    language = models.CharField(max_length=5, choices=Language.choices, blank=True)
    single_keys = models.BooleanField(
        default=True, help_text="Shortcuts of one letter; off for speech input."
    )
    site = models.ForeignKey(
        Site,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose rooms and clock the pages show; empty: all sites.",
    )

    class Meta:
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.username

    @property
    def display_name(self) -> str:
        name = f"{self.title} {self.get_full_name()}".strip()
        return name or self.username

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label) if self.role else _("No role")

    @property
    def initials(self) -> str:
        parts = [self.first_name[:1], self.last_name[:1]]
        return "".join(parts).upper() or self.username[:2].upper()

    def may(self, capability: Capability) -> bool:
        if not self.is_active or not self.role:
            return False
        return capability in CAPABILITIES[Role(self.role)]
