"""The library asked by pynetdicom and by dcmtk: the same items, key by key."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pytest_django import Settings

from tests.dicom.builders import query
from tests.worklist.department import Department
from tests.worklist.library import (
    BY_ACCESSION,
    DATE,
    EXAMS,
    NAMES,
    QUERIES,
    Asked,
    fill,
)
from worklist.models import Station

# The virtual environment has another program of this name.
FINDSCU = Path("/usr/bin/findscu")
needs_dcmtk = pytest.mark.skipif(not FINDSCU.exists(), reason="dcmtk is not installed")
Ask = Callable[[Department, str, Dataset], list[Dataset]]


def by_pynetdicom(
    department: Department, ae_title: str, asked: Dataset
) -> list[Dataset]:
    return department.scanner(ae_title).find_worklist(asked)


def by_dcmtk(department: Department, ae_title: str, asked: Dataset) -> list[Dataset]:
    """dcmtk reads the query from a file and writes each answer into one."""
    folder = Path(department.folder)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.31")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    asked.file_meta = meta
    dcmwrite(folder / "query.dcm", asked, enforce_file_format=True)
    for old in folder.glob("rsp*.dcm"):
        old.unlink()
    command = [str(FINDSCU), "-W", "-X", "-od", str(folder), "-aet", ae_title]
    command += ["-aec", "RADFLOW", "127.0.0.1", str(department.port)]
    done = subprocess.run(
        [*command, str(folder / "query.dcm")], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return [dcmread(one, force=True) for one in sorted(folder.glob("rsp*.dcm"))]


CLIENTS = [by_pynetdicom, pytest.param(by_dcmtk, marks=needs_dcmtk)]


def ask_for(asked: Asked) -> Dataset:
    """Its keys, and everything back that the library knows."""
    first = EXAMS[0]
    whole = query(
        {**dict.fromkeys(first.step), **asked.step},
        **{**dict.fromkeys(first.top), **asked.top},
    )
    whole.SpecificCharacterSet = "ISO_IR 192"
    return whole


def told(dataset: Dataset, keys: dict[str, str]) -> dict[str, str]:
    return {key: str(dataset.get(key, "absent")) for key in keys}


@pytest.fixture
def library(department: Department, settings: Settings, tmp_path: Path) -> Department:
    settings.ACCEPT_UNKNOWN_STATIONS = True
    department.folder = str(tmp_path)
    fill()
    return department


@pytest.mark.parametrize("ask", CLIENTS)
def test_every_kind_of_matching_finds_what_the_standard_says(
    library: Department, ask: Ask
) -> None:
    wrong: list[Any] = []
    for asked in QUERIES:
        answers = ask(library, "ANYBODY", ask_for(asked))
        found = {str(one.AccessionNumber) for one in answers}
        wanted = {f"LIB{number:02}" for number in asked.finds}
        if found != wanted or len(answers) != len(wanted):
            wrong.append((asked.what, sorted(found), sorted(wanted)))
        for answer in answers:
            exam = BY_ACCESSION[str(answer.AccessionNumber)]
            (step,) = answer.ScheduledProcedureStepSequence
            assert told(answer, exam.top) == exam.top
            assert told(step, exam.step) == exam.step
    assert wrong == []


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize(
    ("charset", "person", "expected"),
    [
        ("ISO_IR 192", "A", NAMES["A"]),
        ("ISO_IR 100", "A", NAMES["A"]),
        ("ISO_IR 101", "A", NAMES["A"]),
        ("ISO_IR 148", "E", NAMES["E"]),
        ("", "A", "Muller^Jorg^^Dr"),
        ("ISO_IR 192", "C", NAMES["C"]),
        ("ISO 2022 IR 87", "C", NAMES["C"]),
        ("GB18030", "C", NAMES["C"]),
        ("ISO_IR 100", "C", "Yamada^Tarou=??^??=???^???"),
    ],
)
def test_names_survive_in_the_stations_character_set(
    library: Department, ask: Ask, charset: str, person: str, expected: str
) -> None:
    exam = next(one for one in EXAMS if one.person == person)
    Station.objects.filter(ae_title=exam.ae_title).update(charset=charset)
    asked = query({DATE: exam.date}, PatientName=None, PatientID=f"LIB-{person}")
    for answer in ask(library, exam.ae_title, asked):
        assert str(answer.PatientName) == expected


@needs_dcmtk
@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
def test_dcmtk_reads_the_japanese_name_itself(
    library: Department, charset: str
) -> None:
    """Its own decoder, beside pydicom's; Debian's has none for ISO 2022."""
    Station.objects.filter(ae_title="US1_AE").update(charset=charset)
    asked = query({DATE: "20260706"}, PatientName=None)
    assert by_dcmtk(library, "US1_AE", asked)
    (written,) = Path(library.folder).glob("rsp*.dcm")
    command = ["/usr/bin/dcmdump", "+U8", str(written)]
    dump = subprocess.run(command, capture_output=True, timeout=60)
    assert NAMES["C"] in dump.stdout.decode()


@needs_dcmtk
def test_iso_2022_switches_back_at_each_delimiter(library: Department) -> None:
    """PS3.5 6.1.2.5.3, in the bytes that dcmtk wrote down."""
    Station.objects.filter(ae_title="US1_AE").update(charset="ISO 2022 IR 87")
    asked = query({DATE: "20260706"}, PatientName=None)
    assert by_dcmtk(library, "US1_AE", asked)
    (written,) = Path(library.folder).glob("rsp*.dcm")
    kanji = (part.encode("iso2022_jp") for part in ("山田", "太郎"))
    assert b"Yamada^Tarou=" + b"^".join(kanji) + b"=" in written.read_bytes()


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_query_in_iso_2022_finds_the_ideographic_name(
    library: Department, ask: Ask
) -> None:
    asked = query({DATE: None}, PatientName="=山田^太郎", AccessionNumber=None)
    asked.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    found = {str(one.AccessionNumber) for one in ask(library, "ANYBODY", asked)}
    assert found == {"LIB05", "LIB06"}


@needs_dcmtk
def test_an_optional_key_that_is_not_supported_is_a_warning(
    library: Department,
) -> None:
    command = [str(FINDSCU), "-v", "-W", "-aet", "ANYBODY", "-aec", "RADFLOW"]
    command += ["-k", "0010,0020=LIB-D", "-k", "0010,0010", "-k", "0010,2160"]
    done = subprocess.run(
        [*command, "127.0.0.1", str(library.port)], capture_output=True, timeout=60
    )
    text = (done.stdout + done.stderr).decode()
    assert text.count("Pending: WarningUnsupportedOptionalKeys") == 2, text
