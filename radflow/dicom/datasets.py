"""From a worklist item to the answer a query asked for (PS3.4 K.6)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode

from radflow.dicom.attributes import (
    IDENTIFIERS,
    STEP,
    TOP,
    Attribute,
    Nested,
    Value,
    keyword_of,
)
from radflow.dicom.charsets import UTF_8, Fit, declared, encode_text
from radflow.dicom.encoding import Element, Elements, padded, to_bytes
from radflow.dicom.text import description, identifier, split_words
from radflow.dicom.worklist_item import WorklistItem

STEP_SEQUENCE: Final = 0x00400100
_CHARSET: Final = 0x00080005
# Part of any query, neither a matching nor a return key of K.6-1.
_NOT_KEYS: Final = frozenset({_CHARSET, 0x00080052})
_UNSIGNED_SHORT = struct.Struct("<H")
_ASCII_VRS: Final = frozenset({"AE", "CS", "DA", "DS", "TM", "UI"})
_SAFETY_TEXTS: Final = frozenset({"Allergies", "MedicalAlerts"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One pending response, its texts already in the peer's character set."""

    elements: Elements
    fit: Fit
    unsupported_keys: bool

    def to_bytes(self, *, implicit_vr: bool) -> bytes:
        return to_bytes(self.elements, implicit_vr=implicit_vr)

    def to_dataset(self) -> Dataset:
        return decode(BytesIO(self.to_bytes(implicit_vr=False)), False, True)


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """Which attributes one query wants back; made once, used for every match."""

    top: tuple[Attribute, ...]
    step: tuple[Attribute, ...]
    unsupported: tuple[str, ...]

    def answer(self, item: WorklistItem, *, charset: str = UTF_8) -> Answer:
        """Raises ValueTooLong when an identifier does not fit its VR."""
        encoder = _Encoder(charset)
        step: Element = (STEP_SEQUENCE, "SQ", (encoder.elements(self.step, item),))
        elements = (
            *encoder.charset_element(),
            *_in_tag_order(encoder.elements(self.top, item), step),
        )
        return Answer(elements, encoder.fit, bool(self.unsupported))


def plan_answer(query: Dataset) -> AnswerPlan:
    """What `query` asks back: its keys, plus every type 1 attribute of K.6-1."""
    asked = _tags(query)
    step_query = _step_query(query)
    step_asked = None if step_query is None else _tags(step_query)
    unsupported = [
        keyword_of(tag)
        for tag in sorted(asked - {a.tag for a in TOP} - {STEP_SEQUENCE})
    ]
    if step_asked:
        unsupported += [
            keyword_of(tag) for tag in sorted(step_asked - {a.tag for a in STEP})
        ]
    return AnswerPlan(
        top=_wanted(TOP, asked),
        step=_wanted(STEP, step_asked or {a.tag for a in STEP}),
        unsupported=tuple(unsupported),
    )


def encode_item(item: WorklistItem, query: Dataset, *, charset: str = UTF_8) -> Dataset:
    """The response identifier for one item, with exactly one step item.

    Raises ValueTooLong when an identifier does not fit its VR.
    """
    return plan_answer(query).answer(item, charset=charset).to_dataset()


def _tags(query: Dataset) -> set[int]:
    # Group lengths and private blocks are not keys.
    tags = query.keys()
    return {
        int(tag)
        for tag in tags
        if tag.element != 0 and not tag.is_private and int(tag) not in _NOT_KEYS
    }


def _step_query(query: Dataset) -> Dataset | None:
    element = query.get(STEP_SEQUENCE)
    items = element.value if element is not None and element.VR == "SQ" else None
    return items[0] if items else None


def _wanted(known: Iterable[Attribute], asked: set[int]) -> tuple[Attribute, ...]:
    return tuple(a for a in known if a.required or a.tag in asked)


def _in_tag_order(elements: Elements, extra: Element) -> Iterator[Element]:
    yield from (e for e in elements if e[0] < extra[0])
    yield extra
    yield from (e for e in elements if e[0] > extra[0])


@lru_cache
def _definition(keyword: str) -> tuple[int, str]:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(keyword)
    return tag, dictionary_VR(tag)


class _Encoder:
    """Values to bytes in one character set, remembering the worst fit."""

    def __init__(self, charset: str) -> None:
        self.charset = charset
        self.fit = Fit.EXACT

    def charset_element(self) -> Elements:
        names = declared(self.charset)
        if not names:
            return ()
        return ((_CHARSET, "CS", padded("\\".join(names).encode("ascii"), "CS")),)

    def elements(self, plan: tuple[Attribute, ...], item: WorklistItem) -> Elements:
        return tuple(
            (a.tag, a.vr, self._value(a.keyword, a.vr, a.source(item))) for a in plan
        )

    def _value(
        self, keyword: str, vr: str, value: Value
    ) -> bytes | tuple[Elements, ...]:
        if vr == "SQ":
            items = value if isinstance(value, list) else []
            return tuple(self._nested(item) for item in items)
        if vr == "US":
            return _UNSIGNED_SHORT.pack(value) if isinstance(value, int) else b""
        if isinstance(value, tuple):
            return self._texts(keyword, vr, value)
        return self._text(keyword, vr, value) if isinstance(value, str) else b""

    def _nested(self, item: Nested) -> Elements:
        elements: list[Element] = []
        for keyword, value in item:
            tag, vr = _definition(keyword)
            elements.append((tag, vr, self._value(keyword, vr, value)))
        return tuple(sorted(elements, key=lambda element: element[0]))

    def _texts(self, keyword: str, vr: str, values: tuple[str, ...]) -> bytes:
        if keyword in _SAFETY_TEXTS:
            texts = [part for value in values for part in split_words(value)]
        else:
            texts = [description(value, vr) for value in values]
        return padded(b"\\".join(self._encode(text) for text in texts), vr)

    def _text(self, keyword: str, vr: str, value: str) -> bytes:
        if not value:
            return b""
        if keyword in IDENTIFIERS:
            text = identifier(value, vr, keyword)
        else:
            text = description(value, vr)
        if vr in _ASCII_VRS:
            return padded(text.encode("ascii", "replace"), vr)
        return padded(self._encode(text), vr)

    def _encode(self, text: str) -> bytes:
        encoded, fit = encode_text(text, self.charset)
        self.fit = max(self.fit, fit)
        return encoded
