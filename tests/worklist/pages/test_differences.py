from __future__ import annotations

import pytest

from worklist.differences import marked


@pytest.mark.parametrize(
    ("text", "other", "pieces"),
    [
        ("00123456", "00123465", [("001234", False), ("56", True)]),
        ("HALVORSEN", "HALVERSEN", [("HALV", False), ("O", True), ("RSEN", False)]),
        ("Jane Anne", "Jan", [("Jan", False), ("e Anne", True)]),
        ("Jan", "Jane Anne", [("Jan", False)]),
        ("1123", "123", [("1", False), ("1", True), ("23", False)]),
        ("same", "same", [("same", False)]),
        ("ACC1", "", [("ACC1", True)]),
        ("", "ACC1", []),
        ("aa", "aaa", [("aa", False)]),
    ],
)
def test_what_differs_is_marked_and_nothing_is_lost(
    text: str, other: str, pieces: list[tuple[str, bool]]
) -> None:
    assert marked(text, other) == pieces
    assert "".join(piece for piece, _ in marked(text, other)) == text
