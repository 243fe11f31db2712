"""What a browser fetches of ours for the first page of a day, in bytes as served."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
MOST_BYTES = 150_000
PAGES = {
    "/board/": "coordinator",
    "/station/?station={station}": "technologist",
    "/reading/": "radiologist",
}
# Of fonts a browser fetches the parts whose letters the page has.
_LATIN = re.compile(r"/(?:inter|jetbrains-mono)-latin\.woff2$")
_IN_PAGE = re.compile(r'(?:src|href)="/static/([^"#]+)')
_IN_SCRIPT = re.compile(r'(?:from|import) *\(?"(\./[^"]+)"')
_IN_STYLE = re.compile(r'url\("([^"#]+)"\)')


def assets_of(html: str) -> dict[Path, int]:
    """Every file that the page names, and what these name; with their sizes."""
    found: dict[Path, int] = {}
    waiting = [STATIC / name for name in _IN_PAGE.findall(html)]
    while waiting:
        file = waiting.pop().resolve()
        if file not in found and (file.suffix != ".woff2" or _LATIN.search(str(file))):
            found[file] = served_bytes(file)
            waiting += [file.parent / name for name in _named_in(file)]
    return found


def _named_in(file: Path) -> list[str]:
    if file.suffix == ".js":
        return _IN_SCRIPT.findall(file.read_text())
    return _IN_STYLE.findall(file.read_text()) if file.suffix == ".css" else []


def served_bytes(file: Path) -> int:
    """Compressed as WhiteNoise does it; fonts are compressed already."""
    raw = file.read_bytes()
    return len(raw) if file.suffix == ".woff2" else len(gzip.compress(raw, 9))
