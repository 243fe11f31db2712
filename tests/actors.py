"""People by role, and a browser session for each. Loaded by tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from radflow.accounts import idle
from radflow.accounts.models import User
from tests.factories import UserFactory


def _person(role: str, username: str) -> User:
    return UserFactory.create(role=role, username=username)


@pytest.fixture
def technologist(db: None) -> User:
    return _person("technologist", "kim")


@pytest.fixture
def radiologist(db: None) -> User:
    return _person("radiologist", "mei")


@pytest.fixture
def coordinator(db: None) -> User:
    return _person("coordinator", "priya")


@pytest.fixture
def referrer(db: None) -> User:
    return _person("referrer", "sam")


@pytest.fixture
def interface_admin(db: None) -> User:
    return _person("interface_admin", "alex")


@pytest.fixture
def administrator(db: None) -> User:
    return _person("administrator", "jo")


@pytest.fixture
def outsider(db: None) -> User:
    """Signed in, but without a role: may see nothing."""
    return _person("", "nobody")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        session = client.session
        idle.begin(session)  # as signing in does
        session.save()
        return client

    return make
