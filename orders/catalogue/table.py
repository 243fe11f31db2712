"""The catalogue as a table: out as CSV, and in after a dry run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.hl7.requests import MODALITIES
from orders.models import Procedure
from radflow.accounts.models import User
from radflow.audit import services as audit

# Every column, and what the pages call it.
LABELS = {
    "code": gettext_lazy("Code"),
    "text": gettext_lazy("Text"),
    "system": gettext_lazy("System"),
    "modality": gettext_lazy("Modality"),
    "body_part": gettext_lazy("Body part"),
    "duration_minutes": gettext_lazy("Minutes"),
    "setup_minutes": gettext_lazy("Set-up, minutes"),
    "cleanup_minutes": gettext_lazy("Clean-up, minutes"),
    "fasting": gettext_lazy("Fasting"),
    "contrast": gettext_lazy("With contrast"),
    "needs_protocol": gettext_lazy("Needs a protocol"),
    "sequence_classes": gettext_lazy("Classes for sequence rules"),
    "laterality": gettext_lazy("Side"),
    "protocol_code": gettext_lazy("Protocol code"),
    "protocol_text": gettext_lazy("Protocol text"),
    "protocol_system": gettext_lazy("Protocol system"),
    "preparation": gettext_lazy("Preparation"),
    "technical_charge_code": gettext_lazy("Technical charge code"),
    "professional_charge_code": gettext_lazy("Professional charge code"),
    "room_group": gettext_lazy("Rooms"),
    "active": gettext_lazy("Can be ordered"),
}
COLUMNS = tuple(LABELS)
REQUIRED = ("code", "text", "modality")
MOST_BYTES = 2_000_000
MOST_LINES = 20_000
LONGEST_EXAM = 24 * 60
LONGEST_AROUND = 240
_MINUTES = frozenset({"duration_minutes", "setup_minutes", "cleanup_minutes"})
_FLAGS = frozenset({"active", "contrast", "fasting", "needs_protocol"})
# What a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES, _NO = frozenset({"1", "true", "yes", "x"}), frozenset({"0", "false", "no", ""})


class TableRefused(Exception):
    """The whole file is no catalogue; the text says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass
class Line:
    """One line of the file: `changes` are columns, `faults` sentences, in our words."""

    number: int
    code: str
    changes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_new: bool = False
    procedure: Procedure | None = None


def check(procedure: Procedure) -> None:
    """Raises ValidationError by field: what would fail when an exam is ordered."""
    procedure.full_clean()
    faults = {}
    if procedure.modality not in MODALITIES:
        faults["modality"] = _("%(modality)s is no DICOM modality.") % {
            "modality": procedure.modality
        }
    if not 1 <= procedure.duration_minutes <= LONGEST_EXAM:
        faults["duration_minutes"] = _("Between 1 and 1440 minutes.")
    for name in ("setup_minutes", "cleanup_minutes"):
        if getattr(procedure, name) > LONGEST_AROUND:
            faults[name] = _("At most 240 minutes.")
    if faults:
        raise ValidationError(faults)


def exported() -> str:
    """Every procedure, retired ones too, with a head line; UTF-8 with commas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for procedure in Procedure.objects.order_by("modality", "text", "id"):
        writer.writerow([_cell(getattr(procedure, name)) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_table(raw: bytes) -> list[Line]:
    """What importing would do, line by line; nothing is written.

    Raises TableRefused for what is no such table at all.
    """
    rows = _rows(raw)
    head = [name.strip().lower() for name in next(rows, [])]
    _check_head(head)
    known = {(p.code, p.system): p for p in Procedure.objects.all()}
    seen: dict[tuple[str, str], int] = {}
    lines = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_LINES:
            raise TableRefused(_("More than %(most)s lines.") % {"most": MOST_LINES})
        if any(cell.strip() for cell in row):
            lines.append(_line(number, dict(zip(head, row, strict=False)), known, seen))
    if not lines:
        raise TableRefused(_("There is no procedure in the file."))
    return lines


def _rows(raw: bytes) -> Iterator[list[str]]:
    if len(raw) > MOST_BYTES:
        raise TableRefused(_("The file is larger than 2 MB."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableRefused(
            _("The file is no UTF-8 text. Save it as CSV, UTF-8.")
        ) from None
    if "\0" in text:
        raise TableRefused(_("The file holds bytes that are no text."))
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    except csv.Error as error:
        text = _("The file cannot be read as CSV: %(error)s.") % {"error": error}
        raise TableRefused(text) from error


def _check_head(head: list[str]) -> None:
    if missing := [name for name in REQUIRED if name not in head]:
        text = _("The head line lacks %(columns)s.")
        raise TableRefused(text % {"columns": ", ".join(missing)})
    if unknown := [name for name in head if name not in COLUMNS]:
        text = _("The head line has unknown columns: %(columns)s.")
        raise TableRefused(text % {"columns": ", ".join(unknown)})
    if len(set(head)) < len(head):
        raise TableRefused(_("The head line names a column twice."))


def _line(
    number: int,
    cells: dict[str, str],
    known: dict[tuple[str, str], Procedure],
    seen: dict[tuple[str, str], int],
) -> Line:
    told = {name: _unquoted(value) for name, value in cells.items()}
    key = (told["code"], told.get("system") or "99RADFLOW")
    line = Line(number, told["code"])
    if key in seen:
        text = _("the same as in line %(number)s.") % {"number": seen[key]}
        line.faults.append(_about("code", text))
        return line
    seen[key] = number
    found = known.get(key)
    line.is_new = found is None
    line.procedure = found or Procedure(code=key[0], system=key[1])
    _fill(line, told)
    return line


def _unquoted(value: str) -> str:
    """The mark that exporting puts before a formula goes again."""
    text = value.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _fill(line: Line, told: dict[str, str]) -> None:
    procedure = line.procedure
    assert procedure is not None
    for name, text in told.items():
        try:
            value = _value(name, text)
        except ValueError as error:
            line.faults.append(_about(name, str(error)))
            continue
        if value is not None and getattr(procedure, name) != value:
            setattr(procedure, name, value)
            line.changes.append(str(LABELS[name]))
    try:
        check(procedure)
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            line.faults += [_about(name, text) for text in texts]


def _about(name: str, text: str) -> str:
    """Some faults are of the procedure as a whole, not of a column."""
    return f"{LABELS[name]}: {text}" if name in LABELS else text


def _value(name: str, text: str) -> object:
    """None leaves what is there: an empty number or flag says nothing."""
    if name in _MINUTES:
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise ValueError(_("a number of minutes is wanted."))
        return int(text)
    if name in _FLAGS:
        if text.lower() not in _YES | _NO:
            raise ValueError(_("1 or 0 is wanted."))
        return text.lower() in _YES if text else None
    if name in ("laterality", "system") and not text:
        return None
    return text.upper() if name == "modality" else text


@transaction.atomic
def import_table(*, raw: bytes, by: User) -> list[Line]:
    """All lines or none; raises TableRefused, also where a line has a fault."""
    # One importer at a time: the second then sees what the first has written.
    list(Procedure.objects.select_for_update().order_by("id"))
    lines = read_table(raw)
    if any(line.faults for line in lines):
        raise TableRefused(_("Some lines have faults, so nothing was imported."))
    changed = [line for line in lines if line.is_new or line.changes]
    for line in changed:
        assert line.procedure is not None
        line.procedure.version += not line.is_new
        line.procedure.changed_by, line.procedure.changed_at = by, timezone.now()
        line.procedure.save()
    audit.record(
        "catalogue_imported",
        actor=by,
        detail={"new": sum(line.is_new for line in lines), "changed": len(changed)},
    )
    return lines
