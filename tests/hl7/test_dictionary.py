from __future__ import annotations

import pytest

from radflow.hl7.dictionary import (
    VERSIONS,
    component_name,
    data_type,
    field_name,
    nearest_version,
    segment_name,
)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_names_the_patient(version: str) -> None:
    assert field_name("PID", 5, version) == "Patient name"
    assert data_type("PID", 5, version) in ("PN", "XPN")


def test_segments_fields_and_components_have_names() -> None:
    assert segment_name("PID") == "Patient"
    assert field_name("IPC", 3, "2.5.1") == "Study instance UID"
    assert component_name("XPN", 1, "2.5.1") == "Family name"
    assert (field_name("ZDS", 1), data_type("ZDS", 1)) == ("Study instance UID", "RP")


@pytest.mark.parametrize(
    ("version", "nearest"),
    [("2.9", "2.8"), ("2.5.2", "2.5.1"), ("2.0", "2.1"), ("", "2.5.1"), ("x", "2.5.1")],
)
def test_unknown_versions_take_the_nearest(version: str, nearest: str) -> None:
    assert nearest_version(version) == nearest
    assert field_name("PID", 3, version)


def test_the_unknown_has_no_name() -> None:
    assert segment_name("QQQ") == ""
    assert segment_name("ZXX") == "Site-defined segment"
    assert field_name("ZXX", 1) == data_type("QQQ", 1) == ""
    assert field_name("PID", 999) == field_name("PID", 0) == ""
    assert component_name("NOPE", 1) == component_name("XPN", 99) == ""
