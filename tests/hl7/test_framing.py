from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.framing import FrameReader, FrameTooLarge, frame

payloads = st.lists(
    st.binary(max_size=40).filter(lambda data: not set(data) & {0x0B, 0x1C}),
    max_size=6,
)


@given(payloads, st.lists(st.integers(1, 50), min_size=1))
def test_any_chunking_gives_the_same_payloads(
    sent: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(map(frame, sent))
    reader, got, turn = FrameReader(), [], 0
    while stream:
        size = sizes[turn % len(sizes)]
        got += reader.feed(stream[:size])
        stream, turn = stream[size:], turn + 1
    assert got == sent
    assert reader.discarded == 0


def test_bytes_outside_blocks_are_counted_and_line_ends_are_not() -> None:
    reader = FrameReader()
    assert reader.feed(b"noise" + frame(b"one") + b"\r\n" + frame(b"two") + b"xy") == [
        b"one",
        b"two",
    ]
    assert reader.discarded == 7
    assert not reader.in_block


def test_only_fs_cr_ends_a_block() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x0ba\x1cb\x1c") == []
    assert reader.in_block
    assert reader.feed(b"\r") == [b"a\x1cb"]


def test_a_new_header_in_a_block_begins_it_anew() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x0bMSH|lost" + frame(b"MSH|kept")) == [b"MSH|kept"]
    assert reader.discarded == len(b"MSH|lost\x0b")


def test_a_vertical_tab_in_text_stays() -> None:
    payload = b"MSH|^~\\&|\rNTE|1||soft\x0bbreak"
    assert FrameReader().feed(frame(payload)) == [payload]


@pytest.mark.parametrize("cut", range(1, 13))
def test_a_block_of_just_the_limit_passes_however_cut(cut: int) -> None:
    reader = FrameReader(max_bytes=10)
    data = frame(b"x" * 10)
    assert reader.feed(data[:cut]) + reader.feed(data[cut:]) == [b"x" * 10]


def test_an_overlong_block_is_refused_after_those_before_it() -> None:
    reader = FrameReader(max_bytes=10)
    with pytest.raises(FrameTooLarge) as caught:
        reader.feed(frame(b"short") + b"\x0b" + b"MSH|" + b"x" * 20)
    assert caught.value.completed == [b"short"]
    assert caught.value.head.startswith(b"MSH|x")


def test_one_byte_at_a_time_is_linear() -> None:
    reader = FrameReader()
    begun = time.perf_counter()
    reader.feed(b"\x0b")
    for _ in range(100_000):
        reader.feed(b"x")
    assert reader.feed(b"\x1c\r") == [b"x" * 100_000]
    # A rescan from the start each time would be 5e9 bytes.
    print(f"{time.perf_counter() - begun:.3f} s")
