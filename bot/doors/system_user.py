"""The system user that runs a command at the terminal, as the kernel knows it.

Nothing here reads the environment: its USER, LOGNAME and SUDO_USER say what the caller likes.
"""

from __future__ import annotations

import os
import platform
import pwd
from dataclasses import dataclass
from pathlib import Path

_UID_MAP, _LOGIN_UID = Path("/proc/self/uid_map"), Path("/proc/self/loginuid")
_EVERY_UID = ["0", "0", "4294967295"]  # outside of user namespaces each uid is what it seems
_NOBODY = "4294967295"  # the login uid of a process that no login has started


@dataclass(frozen=True, kw_only=True)
class SystemUser:
    """A system user and the host. `doubt` says why it may be somebody else; empty if nothing speaks for that."""

    name: str
    host: str
    doubt: str = ""

    @property
    def account(self) -> str:
        """The user as `name@host`, for `Actor.account`."""
        return f"{self.name}@{self.host}"


def system_user() -> SystemUser:
    """Who runs this process: the user of its real uid."""
    uid = os.getuid()
    return SystemUser(name=_name(uid), host=platform.node() or "unknown", doubt=_doubt(uid))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _doubt(uid: int) -> str:
    """`unshare --map-user` gives a process any uid, and sudo and su give the uid of somebody else."""
    id_map, login = _read(_UID_MAP), (_read(_LOGIN_UID) or "").strip()
    if id_map is not None and id_map.split() != _EVERY_UID:
        return "this process runs in a user namespace, where it may call itself any user"
    if login.isdigit() and login != _NOBODY and int(login) != uid:
        return f"you are logged in as {_name(int(login))} and run this as {_name(uid)}"
    return ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None  # not Linux
