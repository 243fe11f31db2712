"""The system account the services run as.

PostgreSQL refuses to run as root, so root hands both services to an account of
their own; anybody else runs them as themselves.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from radflow.embedded.errors import ServicesError

ACCOUNT_NAME = "radflow-services"


class Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """What `subprocess` needs to become this account; empty if we are it."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def owns(self, path: Path) -> None:
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Asked of the kernel, as modes alone miss access lists and mounts."""
        if self.uid == os.geteuid():
            return True
        command = ["test", "-x", str(path)]
        return subprocess.run(command, cwd="/", **self.identity).returncode == 0


def service_account() -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        entry = _create()
    return Account(entry.pw_uid, entry.pw_gid)


def _create() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, ACCOUNT_NAME], check=True, capture_output=True)
    except FileNotFoundError as error:
        raise ServicesError(_no_account("useradd is missing")) from error
    except subprocess.CalledProcessError as error:
        # Two first starts at once: the other one may have made it.
        if error.returncode != 9:
            raise ServicesError(_no_account(error.stderr.decode().strip())) from error
    return pwd.getpwnam(ACCOUNT_NAME)


def _no_account(reason: str) -> str:
    return (
        f"PostgreSQL does not run as root and the account {ACCOUNT_NAME} could not "
        f"be made ({reason}): run as an ordinary user, or set DATABASE_URL "
        "and REDIS_URL."
    )
