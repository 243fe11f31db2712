"""What would make every order fail is said at the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from orders.numbers import accession_by


@register()
def accession_scheme(**_: Any) -> list[CheckMessage]:
    try:
        accession_by(settings.ACCESSION_SCHEME, 9_999_999)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="orders.E001")]
    return []
