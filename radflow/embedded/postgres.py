"""The embedded PostgreSQL: one cluster, reached through a private unix socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from radflow.embedded.binaries import Binaries
from radflow.embedded.children import (
    Server,
    dies_with_parent,
    last_line,
    server_environment,
    start_server,
    stop,
)
from radflow.embedded.errors import ServicesError
from radflow.embedded.home import Home

NAME = "radflow"
_START_SECONDS = 120
_STOP_SECONDS = 30
_SETTINGS = {
    # No network: only who may enter the socket's folder and knows the password.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    # Pages ask for few rows: starting helpers takes longer than the query.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    # A failed statement's text and its detail hold patient data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def running(home: Home, binaries: Binaries, *, durable: bool) -> Iterator[Server]:
    """The server, with its DATABASE_URL, while it runs.

    `durable=False` gives up crash safety for speed: for throw-away clusters only.
    """
    cluster = home.folder / "postgres"
    if not cluster.exists():
        _create_cluster(cluster, home, binaries)
    _remove_stale_locks(cluster, home)
    log = home.folder / "postgres-start.log"
    server = start_server(
        _command(cluster, home, binaries, durable),
        account=home.account,
        lock_fd=home.lock_fd,
        death_signal=signal.SIGINT,
        log=log,
    )
    try:
        _wait_until_ready(server, cluster, log)
        _ensure_database(home)
        url = _url(home, NAME, home.state.database_password, NAME)
        yield Server("PostgreSQL", url, server)
    finally:
        # Fast shutdown (ends sessions, writes a checkpoint), then immediate.
        stop(server, signal.SIGINT, signal.SIGQUIT, seconds=_STOP_SECONDS)


def _remove_stale_locks(cluster: Path, home: Home) -> None:
    # We hold the servers' lock: whatever process has their number now is not ours.
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    (home.socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _command(cluster: Path, home: Home, binaries: Binaries, durable: bool) -> list[str]:
    settings = _SETTINGS | ({} if durable else _NOT_DURABLE)
    settings["unix_socket_directories"] = str(home.socket_dir)
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [str(binaries.postgres), "-D", str(cluster), *options]


def _create_cluster(cluster: Path, home: Home, binaries: Binaries) -> None:
    # Under another name until complete: a start that was cut short leaves no half.
    staged = cluster.with_name("postgres.new")
    shutil.rmtree(staged, ignore_errors=True)
    password = home.folder / "password"
    password.touch(mode=0o600)
    password.write_text(home.state.superuser_password)
    home.account.owns(password)
    try:
        _initdb(staged, password, home, binaries)
    finally:
        password.unlink()
    (staged / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    staged.rename(cluster)


def _initdb(staged: Path, password: Path, home: Home, binaries: Binaries) -> None:
    options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256"]
    options += ["--encoding=UTF8", "--locale-provider=builtin"]
    options += ["--builtin-locale=C.UTF-8", "--locale=C"]
    done = subprocess.run(
        [str(binaries.initdb), f"--pgdata={staged}", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home.folder,
        env=server_environment(),
        pass_fds=(home.lock_fd,),
        preexec_fn=dies_with_parent(signal.SIGTERM),
        **home.account.identity,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise ServicesError(f"PostgreSQL could not make its data folder: {reason}")


def _wait_until_ready(
    server: subprocess.Popen[bytes], cluster: Path, log: Path
) -> None:
    # The eighth line of the file is the server's status.
    status = cluster / "postmaster.pid"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ServicesError(f"PostgreSQL did not start: {_reason(cluster, log)}")
        if status.exists() and status.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    raise ServicesError(f"PostgreSQL was not ready in {_START_SECONDS} s ({log})")


def _reason(cluster: Path, log: Path) -> str:
    # The collector's newest log, if the server came that far; else what it printed.
    logs = sorted(
        (cluster / "log").glob("*.log"), key=lambda each: each.stat().st_mtime
    )
    for each in (*logs[:1], log):
        fatal = [line for line in each.read_text().splitlines() if "FATAL" in line]
        if fatal:
            return f"{fatal[-1].partition('FATAL:')[2].strip()} ({each})"
    return f"{last_line(log)} ({log})"


def _ensure_database(home: Home) -> None:
    """The program's own role: it may create databases (tests do), nothing more."""
    url = _url(home, "postgres", home.state.superuser_password, "postgres")
    role = sql.Identifier(NAME)
    with psycopg.connect(url, autocommit=True) as connection:
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s"):
            password = sql.Literal(home.state.database_password)
            statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(statement.format(role, password))
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s"):
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(role, role))


def _exists(connection: psycopg.Connection, query: str) -> bool:
    return connection.execute(query, [NAME]).fetchone() is not None


def _url(home: Home, user: str, password: str, database: str) -> str:
    socket_dir = quote(str(home.socket_dir))
    return f"postgresql://{user}:{password}@/{database}?host={socket_dir}"
