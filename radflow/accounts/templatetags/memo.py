"""Parts of a page that are drawn once for the same values, and kept by the process.

A row of fifty costs the template engine more than its query costs the database; most
rows of a live list are what they were a second ago. What is kept is found by the values
themselves, never by the key of a record: a changed value is another part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any

from django.template import Context, Library, Node, NodeList, Template
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.exceptions import TemplateSyntaxError
from django.utils import timezone, translation
from django.utils.functional import Promise

register = Library()

KEPT = 4096  # of each place that uses the tag; a row of the board is 2 kB
_PLAIN = (str, int, float, date, Enum, Promise, type(None))


@register.tag
def memo(parser: Parser, token: Token) -> MemoNode:
    """`{% memo row=row here=here %}…{% endmemo %}`: sees these names and no others.

    The values must be plain: text, numbers, dates, and tuples or frozen dataclasses of
    them. A record raises TypeError, as two states of it are equal. Language, zone and
    today's date are part of what is compared; the request, its user and tokens of forms
    are not seen.
    """
    bits = token.split_contents()[1:]
    given = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"memo takes name=value only, not {bits[0]!r}.")
    nodes = parser.parse(("endmemo",))
    parser.delete_first_token()
    return MemoNode(given, nodes)


@register.filter
def same(value: object, other: object) -> bool:
    """So that a part is given whether it is the chosen one, not which one is."""
    return value == other


class MemoNode(Node):
    child_nodelists = ("nodes",)

    def __init__(self, given: dict[str, FilterExpression], nodes: NodeList) -> None:
        self.names = tuple(given)
        self.given = tuple(given.values())
        self.nodes = nodes
        self.kept: Callable[..., str] = lru_cache(KEPT)(self.draw)

    def render(self, context: Context) -> str:
        values = tuple(expression.resolve(context) for expression in self.given)
        return self.kept(
            values,
            translation.get_language(),
            timezone.get_current_timezone_name(),
            timezone.localdate(),
        )

    def draw(self, values: tuple[Any, ...], *_of: object) -> str:
        for name, value in zip(self.names, values, strict=True):
            _check(name, value)
        context = Context(dict(zip(self.names, values, strict=True)))
        with context.bind_template(_bearer()):
            return self.nodes.render(context)


@lru_cache
def _bearer() -> Template:
    """What tells an isolated context which engine it belongs to."""
    return Template("")


def _check(name: str, value: object) -> None:
    if isinstance(value, tuple):
        parts: tuple[object, ...] = value
    elif is_dataclass(value):
        parts = tuple(getattr(value, field.name) for field in fields(value))
    elif isinstance(value, _PLAIN):
        return
    else:
        raise TypeError(f"memo cannot compare {name}: {type(value).__name__}.")
    for part in parts:
        _check(name, part)
