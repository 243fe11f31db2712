"""Both services, or those the environment does not name already."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

from radflow.embedded import postgres, valkey
from radflow.embedded.account import service_account
from radflow.embedded.binaries import find_binaries
from radflow.embedded.children import Server
from radflow.embedded.home import open_home


@contextmanager
def services(
    data_dir: Path,
    *,
    durable: bool = True,
    on_end: Callable[[str], None] | None = None,
) -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL, each as given or of a server started here.

    Raises ServicesError, in one line, when a server cannot start. `durable=False`
    is for throw-away data only: a crash may lose it. `on_end` is told, in a thread
    of its own, of a server that has ended, also when we ended it.
    """
    given = {
        name: os.environ[name]
        for name in ("DATABASE_URL", "REDIS_URL")
        if os.environ.get(name)
    }
    if len(given) == 2:
        yield given
        return
    with ExitStack() as stack:
        account = service_account()
        home = stack.enter_context(open_home(data_dir.absolute(), account))
        binaries = find_binaries(account)
        urls = dict(given)
        for name, kind in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
            if name not in given:
                running = kind.running(home, binaries, durable=durable)
                server = stack.enter_context(running)
                urls[name] = server.url
                if on_end:
                    Thread(target=_watch, args=(server, on_end), daemon=True).start()
        yield urls


def _watch(server: Server, on_end: Callable[[str], None]) -> None:
    code = server.process.wait()
    on_end(f"{server.name} ended (exit code {code})")


@contextmanager
def temporary_services() -> Iterator[dict[str, str]]:
    """Fast services on data that a crash may lose and the end removes; for tests."""
    with tempfile.TemporaryDirectory(prefix="radflow-") as folder:
        data_dir = Path(folder)
        # The service account must pass; what lies below is closed to others.
        data_dir.chmod(0o711)
        with services(data_dir, durable=False) as urls:
            yield urls | {"RADFLOW_DATA_DIR": folder}
