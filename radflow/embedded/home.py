"""The folder of the services' data, and the locks that guard it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from radflow.embedded.account import Account, service_account
from radflow.embedded.binaries import SYSTEM_DIR
from radflow.embedded.errors import ServicesError

STATE_FILE = "services.json"
# Linux holds 107 bytes of a socket's path; PostgreSQL adds "/.s.PGSQL.5432".
_LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432")
_LEFTOVER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class State:
    """What a second start must know again; kept in the data folder, mode 0600."""

    superuser_password: str
    database_password: str
    broker_password: str
    # Set when the service account cannot enter the data folder.
    outside: str | None


@dataclass(frozen=True, slots=True)
class Home:
    folder: Path
    socket_dir: Path
    state: State
    account: Account
    # Held by the servers themselves, so it is free only when none of them lives.
    lock_fd: int

    def own_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700, exist_ok=True)
        self.account.owns(path)
        return path


@contextmanager
def open_home(data_dir: Path, account: Account) -> Iterator[Home]:
    """Hold the data folder for this process alone.

    The first lock dies with this process. The second is inherited by the servers:
    after a kill -9 it says when the last of them has finished shutting down.
    """
    _make_data_dir(data_dir)
    with _locked(data_dir / "services.lock") as owner:
        if not _try_lock(owner):
            raise ServicesError(f"Already running on the data folder {data_dir}.")
        state = _read_state(data_dir) or _write_state(data_dir, account)
        folder = _folder(data_dir, state)
        _make_private(folder, account)
        with _locked(folder / "servers.lock") as servers:
            _wait_for_leftovers(servers, folder)
            yield Home(folder, _socket_dir(folder, account), state, account, servers)


def remove_data(data_dir: Path) -> None:
    """Delete the data folder and what of it lies outside; refused while in use."""
    if not (data_dir / STATE_FILE).exists():
        raise ServicesError(f"{data_dir} is not a data folder: nothing removed.")
    with open_home(data_dir, service_account()) as home:
        for folder in (home.socket_dir, home.folder, data_dir):
            shutil.rmtree(folder, ignore_errors=True)


def _folder(data_dir: Path, state: State) -> Path:
    return Path(state.outside) if state.outside else data_dir / "services"


def _make_data_dir(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        writable = os.access(data_dir, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise ServicesError(
            f"The data folder {data_dir} cannot be written: set RADFLOW_DATA_DIR."
        )


def _make_private(folder: Path, account: Account) -> None:
    if folder.is_relative_to(SYSTEM_DIR):
        SYSTEM_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    account.owns(folder)


def _read_state(data_dir: Path) -> State | None:
    try:
        return State(**json.loads((data_dir / STATE_FILE).read_text()))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise ServicesError(
            f"The data folder {data_dir} belongs to another user: set RADFLOW_DATA_DIR."
        ) from error


def _write_state(data_dir: Path, account: Account) -> State:
    if (data_dir / "services").exists():
        raise ServicesError(
            f"{data_dir} has a database, but {STATE_FILE} with its passwords is gone. "
            "Restore that file, or `make clean-data` to begin anew."
        )
    outside = None
    if not account.reaches(data_dir):
        outside = str(SYSTEM_DIR / f"data-{secrets.token_hex(8)}")
    superuser, database, broker = (secrets.token_urlsafe(32) for _ in range(3))
    state = State(superuser, database, broker, outside)
    staged = data_dir / f"{STATE_FILE}.new"
    staged.touch(mode=0o600)
    with staged.open("w") as file:
        json.dump(asdict(state), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    staged.rename(data_dir / STATE_FILE)
    return state


def _socket_dir(folder: Path, account: Account) -> Path:
    path = folder / "run"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_DIR:
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"radflow-{digest}"
    try:
        path.mkdir(mode=0o700)
        account.owns(path)
    except FileExistsError:
        _refuse_squatter(path, account)
    return path


def _refuse_squatter(path: Path, account: Account) -> None:
    # Anybody may have made that name in /tmp before us.
    found = path.lstat()
    if found.st_uid != account.uid or found.st_mode & 0o170777 != 0o040700:
        raise ServicesError(f"{path} is not a private folder of ours: remove it.")


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_leftovers(fd: int, folder: Path) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while not _try_lock(fd):
        if time.monotonic() > deadline:
            raise ServicesError(
                f"Servers of an earlier start still run on {folder}: stop them."
            )
        time.sleep(0.05)
