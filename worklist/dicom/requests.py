"""A received dataset as the evidence that we keep."""

from __future__ import annotations

import logging
from typing import Any

from pydicom.dataset import Dataset

from radflow.dicom.exchange import AssociationInfo
from worklist.services.exchanges import Request, storable

logger = logging.getLogger(__name__)


def request_of(kind: str, dataset: Dataset, info: AssociationInfo) -> Request:
    return Request(
        kind=kind,
        calling_ae=info.calling_ae,
        called_ae=info.called_ae,
        address=info.address,
        dataset=as_json(dataset),
    )


def as_json(dataset: Dataset) -> dict[str, Any]:
    """DICOM JSON (PS3.18 annex F), without what pydicom cannot read."""
    kept: dict[str, Any] = storable(dataset.to_json_dict(suppress_invalid_tags=True))
    return kept
