"""Waking the workers. Rows are the queue; a nudge that is lost costs five seconds.

Sent from a thread with short time-outs, so that a broker that is away never delays
a message's acknowledgement; and with a pause after each, since a nudge costs more
than the message that asks for it.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from radflow.live.wake import wake

logger = logging.getLogger(__name__)

DRAIN = "radflow.messaging.tasks.drain_inbox"
RELAY = "radflow.messaging.tasks.relay_outbox"
BULK = "radflow.messaging.tasks.replay_bulk"
BROWSERS = "browsers"
PAUSE_SECONDS = 0.05  # so at most twenty a second


class _Nudger:
    """One daemon thread per process; many requests while it sends become one."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._wanted: set[str] = set()
        self._condition = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def want(self, task: str) -> None:
        with self._condition:
            self._wanted.add(task)
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._wanted)
                tasks, self._wanted = self._wanted, set()
            for task in tasks:
                _send(task)
            time.sleep(PAUSE_SECONDS)


def _send(task: str) -> None:
    if task == BROWSERS:
        wake()
        return
    try:
        current_app.send_task(task, expires=5, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("worker not woken: %s", type(error).__name__)


_lock = threading.Lock()
_nudger: _Nudger | None = None


def now(task: str) -> None:
    """Wake a worker for this task, or BROWSERS; many calls become one."""
    global _nudger
    with _lock:
        if _nudger is None or _nudger.pid != os.getpid():
            _nudger = _Nudger()
    _nudger.want(task)


def _drain() -> None:
    now(DRAIN)


def _relay() -> None:
    now(RELAY)


def after_commit(task: str) -> None:
    """Wake a worker once the surrounding transaction has committed."""
    call = _drain if task == DRAIN else _relay
    if not any(call in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(call, robust=True)
