from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.utils.functional import cached_property
from rest_framework.pagination import PageNumberPagination

MOST_COUNTED = 10_000


class _Page(Page):  # type: ignore[type-arg]
    """Knows of the row after its last one; it may lie beyond what was counted."""

    def __init__(self, rows: Sequence[Any], number: int, paginator: Counted) -> None:
        size = paginator.per_page
        self.is_followed = len(rows) > size
        super().__init__(rows[:size], number, paginator)

    def has_next(self) -> bool:
        return self.is_followed


class Counted(Paginator):  # type: ignore[type-arg]
    """Counts up to a limit: counting a million rows takes longer than a page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if not hasattr(rows, "query"):
            return min(int(rows.count(MOST_COUNTED)), MOST_COUNTED)
        known: int = rows.order_by()[: MOST_COUNTED + 1].count()
        return min(known, MOST_COUNTED)

    def page(self, number: int | str) -> _Page:
        wanted = self._number(number)
        start = (wanted - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        if not rows and wanted > 1:
            raise EmptyPage("That page contains no results")
        return _Page(rows, wanted, self)

    def _number(self, number: int | str) -> int:
        """Any from 1 on; whether there is such a page its rows say."""
        try:
            return self.validate_number(number)
        except EmptyPage:
            if int(number) < 1:
                raise
            return int(number)


class PageNumbers(PageNumberPagination):
    """`{count, next, previous, results}`; `page_size` up to 200.

    `count` ends at 10,000, `next` at the last page.
    """

    django_paginator_class = Counted
    page_size_query_param = "page_size"
    max_page_size = 200
