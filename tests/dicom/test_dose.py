"""Dose out of performed steps and dose reports: one set of units, nothing guessed."""

from __future__ import annotations

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from radflow.dicom.dose import read_step_dose
from radflow.dicom.dose_report import read_report, validate
from tests.dicom.builders import dataset, performed
from tests.dicom.dose_reports import code, num, plane, report, x_ray_content


def test_a_performed_step_tells_its_dose() -> None:
    dose = read_step_dose(
        performed(
            ImageAndFluoroscopyAreaDoseProduct="123.5",
            TotalTimeOfFluoroscopy=95,
            EntranceDose=2,
            TotalNumberOfExposures=3,
            CommentsOnRadiationDose="CTDIvol 11.2 mGy",
            ExposureDoseSequence=[
                dataset(
                    RadiationMode="CONTINUOUS",
                    KVP="120",
                    XRayTubeCurrentInuA="250000",
                    ExposureTime="500",
                    CTDIvol=11.2,
                )
            ],
        )
    )
    assert dose is not None
    assert (dose.area_dose_product, dose.fluoroscopy_seconds) == (123.5, 95)
    assert (dose.entrance_dose, dose.exposures) == (200, 3)
    assert dose.comment == "CTDIvol 11.2 mGy"
    (exposure,) = dose.events
    assert exposure.technique == "120 kV, 250 mA, 500 ms"
    assert exposure.ctdi_vol == 11.2


@pytest.mark.parametrize("told", [b"", b"nan", b"inf", b"-1", b"much"])
def test_what_is_no_dose_is_none(told: bytes) -> None:
    step = performed()
    tag = Tag("ImageAndFluoroscopyAreaDoseProduct")
    step[tag] = RawDataElement(tag, "DS", len(told), told, 0, False, True)
    assert read_step_dose(step) is None


def test_the_exact_entrance_dose_goes_before_the_rough_one() -> None:
    dose = read_step_dose(performed(EntranceDose=2, EntranceDoseInmGy="187.4"))
    assert dose is not None
    assert dose.entrance_dose == 187.4


def test_a_ct_report_tells_total_and_acquisitions() -> None:
    dose = read_report(report()).dose
    assert (dose.dose_length_product, dose.exposures) == (412.5, 2)
    assert [(one.label, one.ctdi_vol) for one in dose.events] == [
        ("Topogram", 0.13),
        ("Thorax routine", 11.2),
    ]
    assert dose.events[1].dose_length_product == 406.0
    assert dose.events[1].region == "Chest"


def test_both_planes_of_an_angiography_add_up() -> None:
    dose = read_report(report(x_ray_content())).dose
    assert dose.area_dose_product == 200.0  # dGy.cm2
    assert (dose.reference_dose, dose.fluoroscopy_seconds) == (500.0, 120.0)
    assert dose.events[0].label == "Fluoroscopy"
    assert dose.events[0].area_dose_product == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("dGy.cm2", 1), ("cGy.cm2", 0.1), ("uGy.m2", 0.1), ("Gy.cm2", 10), ("Gy.m2", 1e5)],
)
def test_units_are_brought_to_one(unit: str, factor: float) -> None:
    dose = read_report(report([plane(50, 1, unit)])).dose
    assert dose.area_dose_product == pytest.approx(50 * factor)


def test_an_unknown_unit_is_told_and_makes_no_total() -> None:
    dose = read_report(report(x_ray_content(unit="rad.ft2"))).dose
    assert dose.area_dose_product is None
    assert dose.unread == ("Dose Area Product Total (rad.ft2)",)


def test_only_dose_reports_are_taken() -> None:
    other = report(ConceptNameCodeSequence=[code("126000", "Imaging Report")])
    assert validate(report()) is None
    assert validate(other) is not None
    assert validate(report([])) is not None
    assert validate(report(StudyInstanceUID="")) is not None


def test_values_under_another_scheme_are_not_taken() -> None:
    item = num("113722", "Something else", 1, "Gy.m2")
    item.ConceptNameCodeSequence[0].CodingSchemeDesignator = "99VENDOR"
    totals = plane(0.001, 1)
    totals.ContentSequence = [item]
    assert read_report(report([totals])).dose.area_dose_product is None
