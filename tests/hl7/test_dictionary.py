from __future__ import annotations

import pytest

from radflow.hl7.dictionary import (
    VERSIONS,
    component_name,
    field_name,
    field_type,
    nearest_version,
    segment_name,
    structure,
    table_name,
    table_of,
    table_value,
)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_names_the_patient(version: str) -> None:
    assert field_name("PID", 5, version) == "Patient name"
    assert field_type("PID", 5, version) in ("PN", "XPN")


def test_segments_fields_and_components_have_names() -> None:
    assert segment_name("PID") == "Patient"
    assert field_name("IPC", 3, "2.5.1") == "Study instance UID"
    assert component_name("PID", 5, 1, "2.5.1") == "Family name"
    assert (field_name("ZDS", 1), field_type("ZDS", 1)) == ("Study instance UID", "RP")


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
    assert field_name("ZXX", 1) == field_type("QQQ", 1) == ""
    assert field_name("PID", 999) == field_name("PID", 0) == ""
    assert component_name("NOPE", 1, 1) == component_name("PID", 5, 99) == ""


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_order_control_has_its_table_and_its_meanings(version: str) -> None:
    assert table_of("ORC", 1, version) == "0119"
    assert table_value("0119", "NW", version) == "New order"
    assert table_value("0119", "??", version) == ""
    assert table_name("0119", version)


def test_a_component_has_a_table_of_its_own() -> None:
    assert table_of("PID", 3, "2.5.1", component=5) == "0203"
    assert table_of("PID", 3, "2.5.1") == ""
    assert table_value("0203", "MR") == "Medical record number"


def test_codes_mean_something_only_where_the_version_has_them() -> None:
    assert table_value("0085", "V", "2.8") == "Verified"
    assert table_value("0085", "V", "2.5.1") == ""
    assert table_value("0074", "MR", "2.5.1") == "Magnetic resonance"


def test_an_observation_value_is_named_by_what_it_holds() -> None:
    assert field_type("OBX", 5) == "varies"
    assert component_name("OBX", 5, 2, datatype="CWE") == "Text"


def test_a_structure_knows_its_groups() -> None:
    names = [node.name for node in structure("OMI_O23", "2.5.1")]
    assert names == ["MSH", "SFT", "NTE", "OMI_O23_PATIENT", "OMI_O23_ORDER"]
    assert structure("NO_SUCH") == ()
