from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def collected(tmp_path: Path) -> Iterator[None]:
    """WhiteNoise warns where the folder of collected files is missing."""
    with override_settings(STATIC_ROOT=tmp_path):
        yield
