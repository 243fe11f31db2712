"""What networks, editors and other people's software do to a message."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

SPICE = [
    *(b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\r\n", b"\x00", b"\xff", b"\x0b"),
    *(b"\x1c", b"\x1c\r", b"MSH|", b"\rMSH|^~\\&|", b"BTS|1\r", b"\rBHS|^~\\&|"),
    *(b'""', b"\\X0D\\", b"\\X", b"\\.sp99\\", b"\\H\\", b"\\Zx\\", b"\\C2842\\"),
    *(b"\xef\xbb\xbf", b"99999999999999999999", b"\xe2\x80\xa8", b"\xc3", b"\x1b$B"),
    *(b"\x1b(B", b"\\M242A\\"),
]
LABELS = [
    *(b"8859/1", b"8859/15", b"UNICODE UTF-8", b"ISO IR87", b"~ISO IR87", b"BIG-5"),
    *(b"GB 18030-2000", b"KS X 1001", b"UTF-16", b"KLINGON", b"ASCII", b"ISO IR14"),
]
Damage = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def damage(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """A message of the corpus, damaged one to four times."""
    raw = chance.choice(corpus)
    for _ in range(chance.randint(1, 4)):
        raw = chance.choice(_KINDS)(raw, chance, corpus)
    return raw


def _insert(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(raw) + 1)
    cut = chance.choice((0, 0, 1, 3, 40))
    return raw[:at] + chance.choice(SPICE) + raw[at + cut :]


def _flip(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    if not raw:
        return raw
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def _truncate(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _repeat(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Some bytes very often: what is quadratic shows here."""
    start = chance.randrange(len(raw) + 1)
    piece = raw[start : start + chance.randint(1, 30)]
    often = chance.choice((2, 5, 300))
    return raw[:start] + piece * often + raw[start:]


def _shuffle(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    first, *lines = raw.split(b"\r")
    chance.shuffle(lines)
    return b"\r".join([first, *lines])


def _splice(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    other = chance.choice(corpus)
    return raw[: chance.randrange(len(raw) + 1)] + other[chance.randrange(len(other)) :]


def _relabel(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Another MSH-18 than the bytes deserve."""
    head, end, rest = raw.partition(b"\r")
    fields = head.split(b"|")
    fields += [b""] * (18 - len(fields))
    fields[17] = chance.choice(LABELS)
    return b"|".join(fields) + end + rest


def _remark(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Other delimiters in MSH-1 and MSH-2, at times fewer, more or the same twice."""
    marks = bytes(chance.choice(b"|^~\\&#@!$%*") for _ in range(chance.randint(0, 6)))
    return raw[:3] + marks + raw[8:]


def _respell(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    end = chance.choice((b"\n", b"\r\n", b"\n\r", b"\r\r", b""))
    return raw.replace(b"\r", end)


def _wrap(raw: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """A batch, its count right or wrong."""
    count = chance.choice((1, 1, 2))
    return b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + raw + b"\rBTS|%d\rFTS|1\r" % count


_KINDS: Sequence[Damage] = (
    *(_insert, _insert, _insert, _flip, _flip, _truncate, _repeat, _shuffle),
    *(_splice, _relabel, _remark, _respell, _wrap),
)
