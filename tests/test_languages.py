"""Every text of a page is in every language; two rooms say one thing the same way."""

from __future__ import annotations

from collections import defaultdict

import pytest
from babel.messages.catalog import Message
from django.conf import settings

from radflow import languages

PAIRS = [(room, lang) for room in languages.ROOMS for lang in languages.LANGUAGES]


def _said(message: Message) -> list[str]:
    said = message.string
    return list(said) if isinstance(said, tuple | list) else [said or ""]


@pytest.mark.parametrize(("room", "language"), PAIRS)
def test_every_text_of_a_room_is_translated(room: str, language: str) -> None:
    catalogue = languages.read(room, language)
    missing = [
        text.id
        for text in languages.texts(room)
        if text.id and not _translated(catalogue.get(text.id, text.context))
    ]
    assert missing == [], "run `make messages` and translate what is empty"


def _translated(message: Message | None) -> bool:
    return message is not None and all(_said(message)) and not message.fuzzy


@pytest.mark.parametrize(("room", "language"), PAIRS)
def test_nothing_is_translated_that_no_page_says(room: str, language: str) -> None:
    wanted = languages.texts(room)
    catalogue = languages.read(room, language)
    gone = [m.id for m in catalogue if m.id and not wanted.get(m.id, m.context)]
    assert gone == []


@pytest.mark.parametrize(("room", "language"), PAIRS)
def test_translations_keep_what_is_filled_in(room: str, language: str) -> None:
    catalogue = languages.read(room, language)
    wrong = [(m.id, [str(e) for e in m.check(catalogue)]) for m in catalogue if m.id]
    assert [each for each in wrong if each[1]] == []
    for message in catalogue:
        if message.id and isinstance(message.id, str) and "{}" in message.id:
            assert _said(message)[0].count("{}") == message.id.count("{}"), message.id


def test_django_reads_every_room_and_ours_first() -> None:
    ours = {languages.BASE / room / "locale" for room in languages.ROOMS}
    assert set(settings.LOCALE_PATHS) == ours


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_rooms_agree_on_words(language: str) -> None:
    said = defaultdict(set)
    for room in languages.ROOMS:
        for message in languages.read(room, language):
            if message.id:
                key = (str(message.id), message.context)
                said[key].add(tuple(_said(message)))
    assert {key: words for key, words in said.items() if len(words) > 1} == {}
