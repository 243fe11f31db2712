"""What every page of HTML must hold to, beyond its looks."""

from __future__ import annotations

import re
from collections import Counter
from typing import Protocol

from django.test.html import parse_html


class Page(Protocol):
    @property
    def content(self) -> bytes: ...


def text_of(response: Page) -> str:
    """The page without tags, in single spaces; fails where tags do not nest."""
    html = response.content.decode()
    parse_html(html)
    assert repeated_ids(html) == []
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", html), "refused by the policy"
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def repeated_ids(html: str) -> list[str]:
    found = Counter(re.findall(r'\sid="([^"]+)"', html))
    return [name for name, times in found.items() if times > 1]
