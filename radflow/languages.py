"""Catalogues of what the pages say, a room each: `python -m radflow.languages`.

Texts are found by Django's own reading of templates and Babel's of Python, so that no
tool of the system is needed. `update` writes the catalogues anew from the sources,
`compile` makes what Django reads (not committed; set-up does it).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NOBODY = ("project", "last_translator", "language_team", "msgid_bugs_address")
# Where each room's texts stand; what no other room has is the shell's.
ROOMS = {
    "orders": ("orders", "templates/orders"),
    "worklist": ("worklist", "templates/worklist"),
    "reports": ("reports", "templates/reports"),
    "radflow/messaging": ("radflow/messaging", "templates/messaging"),
    "radflow": ("radflow", "templates"),
}


def sources(room: str) -> Iterator[Path]:
    """Python files and templates of a room, without those of rooms inside it."""
    every = [BASE / folder for folders in ROOMS.values() for folder in folders]
    for folder in (BASE / name for name in ROOMS[room]):
        inner = [other for other in every if folder in other.parents]
        for file in sorted(folder.rglob("*")):
            is_ours = not any(other in file.parents for other in inner)
            is_source = file.suffix in (".py", ".html")
            if is_ours and is_source and "migrations" not in file.parts:
                yield file


def texts(room: str) -> Catalog:
    """Every text of the room's sources that asks to be translated."""
    found = Catalog(project="radflow", fuzzy=False)
    for file in sources(room):
        for _, text, comments, context in extract(
            "python", io.BytesIO(_python(file)), KEYWORDS, ["Translators:"]
        ):
            found.add(text, context=context, auto_comments=comments)
    return found


def _python(file: Path) -> bytes:
    text = file.read_text()
    if file.suffix == ".html":
        # What is left of a template is no Python; its indentation would be an error.
        text = "\n".join(
            line.strip() for line in templatize(text, str(file)).split("\n")
        )
    return text.encode()


def catalogue_path(room: str, language: str) -> Path:
    return BASE / room / "locale" / language / "LC_MESSAGES" / "django.po"


def read(room: str, language: str) -> Catalog:
    """The room's catalogue as committed; empty where there is none yet."""
    path = catalogue_path(room, language)
    if not path.exists():
        names = dict.fromkeys(NOBODY, "radflow")
        return Catalog(locale=language, fuzzy=False, version="", **names)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(room: str, language: str) -> None:
    """Write the catalogue anew: new texts empty, texts that went left out."""
    catalogue = read(room, language)
    made = catalogue.creation_date
    catalogue.update(texts(room), no_fuzzy_matching=True)
    catalogue.creation_date = made
    catalogue.header_comment = f"# What radflow says, in {language}: {room}."
    path = catalogue_path(room, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file,
            catalogue,
            width=0,
            no_location=True,
            sort_output=True,
            ignore_obsolete=True,
        )


def compile_all() -> None:
    """Make the files that Django reads, of every catalogue that changed since."""
    for room in ROOMS:
        for language in LANGUAGES:
            source = catalogue_path(room, language)
            made = source.with_suffix(".mo")
            if not source.exists() or _is_newer(made, source):
                continue
            with made.open("wb") as file:
                write_mo(file, read(room, language))


def _is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        for each in ROOMS:
            for spoken in LANGUAGES:
                update(each, spoken)
    compile_all()
