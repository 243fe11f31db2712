from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from radflow.accounts.models import User
from radflow.design import PARTS
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


@pytest.mark.parametrize("part", PARTS)
def test_administrators_see_every_part(
    administrator: User, client_for: ClientFor, settings: Any, part: str
) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    assert "Design" in text_of(
        client_for(administrator).get("/design/", {"part": part})
    )


def test_others_do_not(coordinator: User, client_for: ClientFor) -> None:
    assert client_for(coordinator).get("/design/").status_code == 403
