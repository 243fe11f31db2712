"""The document of the machines says what the tables say."""

from __future__ import annotations

from tests.docs_machines import DOCUMENT, document


def test_the_document_is_what_the_tables_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `make docs`"
