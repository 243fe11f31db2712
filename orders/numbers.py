"""Numbers that we give: unique over all sites, within the limits of DICOM."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

ACCESSION_LENGTH = 16


def new_accession() -> str:
    """By the site's scheme, such as `26-004512`; never the same number twice.

    Sites that share an archive give each a letter of its own in the scheme.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_accession_seq')")
        number = cursor.fetchone()[0]
    return accession_by(settings.ACCESSION_SCHEME, number)


def accession_by(scheme: str, number: int) -> str:
    """`{yy}` is the year, `{n:06}` the running number with its least width.

    Raises ImproperlyConfigured where it gives no number, or more than DICOM carries.
    """
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    try:
        text = scheme.format(yy=f"{today:%y}", n=number)
    except (KeyError, IndexError, ValueError) as error:
        raise ImproperlyConfigured(f"{_SCHEME}: {error}") from error
    if len(text) > ACCESSION_LENGTH or str(number) not in text:
        raise ImproperlyConfigured(
            f"{_SCHEME}: it must hold {{n}}, and give at most 16 characters."
        )
    return text


_SCHEME = "RADFLOW_ACCESSION_SCHEME is not usable"


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
