"""What scanners told us that fits no exam: a human must look."""

from __future__ import annotations

from django.db.models import QuerySet

from worklist.models import PerformedStep


def unlinked_steps() -> QuerySet[PerformedStep]:
    """Newest first; `mismatch` says in words why each is not linked."""
    found = PerformedStep.objects.filter(order=None, from_modality=True)
    return found.order_by("-started_at", "-id")
