"""Models are imported inside: pytest reads this file before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worklist.department import Department
    from worklist.models import Station


@pytest.fixture
def department(transactional_db: None) -> Iterator[Department]:
    from tests.worklist.department import Department

    running = Department()
    yield running
    running.stop()


@pytest.fixture
def station(db: None) -> Station:
    from tests.factories import StationFactory

    return StationFactory.create(ae_title="CT1_AE", name="CT1")
