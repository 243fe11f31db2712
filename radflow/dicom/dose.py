"""Radiation dose as plain values in one set of units, whoever told it.

Area dose product in dGy.cm2, doses in mGy, dose length product in mGy.cm, times in
seconds: what the radiation dose module of a performed step has (PS3.3 C.4.16).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydicom.dataset import Dataset

from radflow.dicom.reading import items, text

_DECIGRAY = 100.0  # in mGy


@dataclass(frozen=True, slots=True)
class Exposure:
    """One acquisition, or one item of the exposure dose sequence."""

    label: str = ""
    region: str = ""
    technique: str = ""
    ctdi_vol: float | None = None
    dose_length_product: float | None = None
    area_dose_product: float | None = None
    reference_dose: float | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """None where the source is silent; `unread` are values in a unit we do not know."""

    dose_length_product: float | None = None
    area_dose_product: float | None = None
    reference_dose: float | None = None
    entrance_dose: float | None = None
    fluoroscopy_seconds: float | None = None
    exposures: int | None = None
    comment: str = ""
    events: tuple[Exposure, ...] = ()
    unread: tuple[str, ...] = ()


def read_step_dose(step: Dataset) -> Dose | None:
    """What a performed step tells; None where it tells nothing of dose."""
    count = number(text(step, "TotalNumberOfExposures"))
    dose = Dose(
        area_dose_product=number(text(step, "ImageAndFluoroscopyAreaDoseProduct")),
        entrance_dose=_entrance(step),
        fluoroscopy_seconds=number(text(step, "TotalTimeOfFluoroscopy")),
        exposures=None if count is None else int(count),
        comment=text(step, "CommentsOnRadiationDose"),
        events=tuple(map(_exposure, items(step, "ExposureDoseSequence"))),
    )
    return dose if dose != Dose() else None


def number(told: str) -> float | None:
    """None for what is no number, or none that a dose can be."""
    try:
        value = float(told)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _entrance(step: Dataset) -> float | None:
    """(0040,8302) is exact; (0040,0302) has whole dGy."""
    exact = number(text(step, "EntranceDoseInmGy"))
    rough = number(text(step, "EntranceDose"))
    if exact is not None or rough is None:
        return exact
    return rough * _DECIGRAY


def _exposure(item: Dataset) -> Exposure:
    return Exposure(
        label=text(item, "RadiationMode"),
        technique=_technique(item),
        ctdi_vol=number(text(item, "CTDIvol")),
        comment=text(item, "CommentsOnRadiationDose"),
    )


def _technique(item: Dataset) -> str:
    kilovolts = number(text(item, "KVP"))
    microamperes = number(text(item, "XRayTubeCurrentInuA"))
    milliseconds = number(text(item, "ExposureTime"))
    told = (
        ("kV", kilovolts),
        ("mA", None if microamperes is None else microamperes / 1000),
        ("ms", milliseconds),
    )
    return ", ".join(f"{value:g} {unit}" for unit, value in told if value is not None)
