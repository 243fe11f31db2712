"""Numbers that we give: unique over all sites, within the limits of DICOM."""

from __future__ import annotations

import uuid

from django.db import connection
from django.utils import timezone


def new_accession() -> str:
    """`26-004512`: year and a running number, at most 16 characters (SH)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_accession_seq')")
        number = cursor.fetchone()[0]
    return f"{timezone.localdate():%y}-{number:06d}"


def new_study_uid() -> str:
    """A UID under 2.25 (PS3.5 annex B.2); the uniqueness is the UUID's."""
    return f"2.25.{uuid.uuid4().int}"


def procedure_id_for(accession: str) -> str:
    """`RP<accession digits>` (standards.md section 6.1), at most 16 characters."""
    return f"RP{_digits(accession)[-14:]}"


def step_id_for(accession: str, index: int = 0) -> str:
    """`SPS<accession digits>A`, B, ... at most 16 characters."""
    return f"SPS{_digits(accession)[-12:]}{chr(ord('A') + index)}"


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit()) or text[:12]
