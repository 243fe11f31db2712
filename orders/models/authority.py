from __future__ import annotations

from typing import Any

from django.db import models, transaction


class AssigningAuthority(models.Model):
    """Who gives identifiers (HD): a namespace, and its OID where it has one.

    The identifier of the lowest `rank` is the preferred one of a person.
    """

    name = models.CharField(max_length=227, unique=True)
    universal_id = models.CharField(max_length=199, blank=True)
    universal_id_type = models.CharField(max_length=6, blank=True, default="ISO")
    rank = models.PositiveSmallIntegerField(default=100)

    class Meta:
        db_table = "orders_authority"
        ordering = ["rank", "name"]
        verbose_name_plural = "assigning authorities"

    def __str__(self) -> str:
        return self.name


class AuthorityAlias(models.Model):
    """Another spelling of an authority, or its OID, as senders write it in CX-4.

    What is kept under it takes the authority's name with it (orders.receivers); the
    alias may go again, and nothing is renamed back.
    """

    alias = models.CharField(max_length=227, unique=True)
    authority = models.ForeignKey(
        AssigningAuthority, on_delete=models.PROTECT, related_name="aliases"
    )

    class Meta:
        db_table = "orders_authority_alias"
        ordering = ["alias"]
        verbose_name_plural = "authority aliases"

    def __str__(self) -> str:
        return self.alias

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Together with what follows from it."""
        super().save(*args, **kwargs)
