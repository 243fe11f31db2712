"""Starts the services before Django reads its settings, once per test run.

DATABASE_URL and REDIS_URL are used when set. Workers of a parallel run inherit
the addresses from the process that started them.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack

import django
import pytest

from radflow.embedded import ServicesError, temporary_services

_running = ExitStack()


def _start_services() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
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
# Now: the conftest of a folder named on the command line is read before any hook.
django.setup()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.actors")


def pytest_unconfigure() -> None:
    _running.close()
