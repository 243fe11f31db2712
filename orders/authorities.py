"""One name per assigning authority, however senders write it (section 10)."""

from __future__ import annotations

import time
from typing import Any

from django.db.models.signals import post_delete, post_migrate, post_save

from orders.models import AssigningAuthority, AuthorityAlias

_SECONDS = 2.0


class _Names:
    """Every spelling, by the authority's own name; read anew every two seconds."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._read_at = -_SECONDS

    def get(self, spelling: str) -> str | None:
        if time.monotonic() - self._read_at >= _SECONDS:
            self._names = _read()
            self._read_at = time.monotonic()
        return self._names.get(spelling)

    def forget(self, **_: Any) -> None:
        self._read_at = -_SECONDS


def _read() -> dict[str, str]:
    known = AssigningAuthority.objects.values_list("name", "universal_id")
    names = {spelling: name for name, oid in known for spelling in (name, oid)}
    aliases = AuthorityAlias.objects.values_list("alias", "authority__name")
    names |= dict(aliases)
    names.pop("", None)
    return names


_NAMES = _Names()


def connect() -> None:
    """What is changed in this process is known to it at once."""
    for model in (AssigningAuthority, AuthorityAlias):
        post_save.connect(_NAMES.forget, sender=model)
        post_delete.connect(_NAMES.forget, sender=model)
    post_migrate.connect(_NAMES.forget)


def canonical(*spellings: str) -> str:
    """The authority's own name; the first spelling where none of them is known.

    Give the namespace and the universal ID of one HD.
    """
    said = [one.strip() for one in spellings if one.strip()]
    known = (name for one in said if (name := _NAMES.get(one)))
    return next(known, said[0] if said else "")
