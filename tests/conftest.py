"""Starts the services before Django reads its settings, once per test run.

DATABASE_URL and REDIS_URL are used when set. Workers of a parallel run inherit
the addresses from the process that started them.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

import django
import pytest

from radflow.embedded import ServicesError, temporary_services

_running = ExitStack()


def _start_services() -> None:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # A database of Valkey for each: clearing one cache must not clear another's.
        url = os.environ["REDIS_URL"].rpartition("/")[0]
        os.environ["REDIS_URL"] = f"{url}/{int(worker[2:]) + 1}"
        return
    try:
        environment = _running.enter_context(temporary_services())
    except ServicesError as error:
        pytest.exit(str(error), returncode=2)
    atexit.register(_running.close)
    os.environ.update(environment)


_start_services()
os.environ["RADFLOW_DEMO"] = "0"
os.environ["RADFLOW_SECRET_KEY"] = "only-for-tests"
os.environ["DJANGO_SETTINGS_MODULE"] = "radflow.settings"
# Static files come from their folders; without this one their middleware warns.
Path(os.environ["RADFLOW_DATA_DIR"], "staticfiles").mkdir(parents=True, exist_ok=True)
# Now: the conftest of a folder named on the command line is read before any hook.
django.setup()
# A worker that inherited it would read its settings before it has its own database
# of Valkey: then one worker clears what another counts.
del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Rows of tests come and go without the events by which answers are kept."""
    from radflow.live.keep import forget_all

    forget_all()


def pytest_configure(config: pytest.Config) -> None:
    from tests.emptying import install

    install()
    config.pluginmanager.import_plugin("tests.actors")


def pytest_unconfigure() -> None:
    _running.close()
