"""The system user that runs a command at the terminal, as the kernel knows it.

Nothing here reads the environment: its USER, LOGNAME and SUDO_USER say what the caller likes.
"""

from __future__ import annotations

import os
import platform
import pwd

from bot.doors.ancestors import NO_LOGIN, foreign_ancestor, id_map, process
from state.frozen import dataclass

_EVERY_UID = ["0", "0", "4294967295"]  # outside of user namespaces each uid is what it seems


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
    """`unshare --map-user` gives a process any uid; sudo, su and runuser give the uid of somebody else."""
    own = process("self")
    if own is None:
        return "this system does not show who started this process"
    if id_map() not in (None, _EVERY_UID):
        return "this process runs in a user namespace, where it may call itself any user"
    if own.login not in {NO_LOGIN, uid}:
        return f"you are logged in as {_name(own.login)} and run this as {_name(uid)}"
    foreign = foreign_ancestor(own)
    return f"you run this as {_name(uid)}, but {foreign}" if foreign else ""
