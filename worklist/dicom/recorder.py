"""Writes down what scanners asked, beside the answering: no scanner waits for it."""

from __future__ import annotations

import logging
import threading

from django.db import connections

from worklist.services.exchanges import Find, keep_finds

logger = logging.getLogger(__name__)
_SECONDS = 0.5
_BATCH = 200


class FindRecorder:
    """Collects queries and stores them in batches on a thread of its own.

    stop() stores what is left, so nothing is lost unless the process is killed.
    """

    def __init__(self) -> None:
        self._pending: list[Find] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="find-recorder")

    def start(self) -> None:
        self._thread.start()

    def add(self, find: Find) -> None:
        with self._lock:
            self._pending.append(find)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_SECONDS):
                self._store_all()
            self._store_all()
        finally:
            connections.close_all()
        if self._pending:
            logger.error("%d worklist queries were not recorded", len(self._pending))

    def _store_all(self) -> None:
        while batch := self._next_batch():
            try:
                keep_finds(batch)
            except Exception as error:
                # A deadlock or a database away: the batch waits for the next round.
                logger.warning("worklist queries wait: %s", type(error).__name__)
                self._put_back(batch)
                return
            finally:
                connections.close_all()

    def _next_batch(self) -> list[Find]:
        with self._lock:
            batch, self._pending = self._pending[:_BATCH], self._pending[_BATCH:]
        return batch

    def _put_back(self, batch: list[Find]) -> None:
        with self._lock:
            self._pending = batch + self._pending
