"""The processes that started this one: whether another system user is among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from state.frozen import dataclass

PROC = Path("/proc")
NO_LOGIN = 4294967295  # the login uid of a process that no login has started
ROOT = 0
# root's programs that start the first process of a user
LOGIN_PROGRAMS = frozenset({"init", "systemd", "login", "sshd", "sshd-session"})


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process: its program's name, its real uid, its login uid (NO_LOGIN for none), and its parent (0 for none)."""

    name: str
    uid: int
    login: int
    parent: int


def process(pid: int | str) -> Process | None:
    """A process by its number, or "self"; None if the kernel does not show it."""
    try:
        status = (PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        return Process(
            name=fields["Name"], uid=int(fields["Uid"].split()[0]), login=_login(pid), parent=int(fields["PPid"])
        )
    except (OSError, KeyError, ValueError):
        return None


def foreign_ancestor(own: Process) -> str:
    """What speaks for another user behind this process, as the end of a sentence; empty if nothing does.

    Every process above it must be of the same user, up to root's program that logs users in; above that all are root's.
    """
    logged_in = False
    for ancestor in _ancestors(own):
        if ancestor is None:
            return "the kernel does not show who started it"
        if ancestor.uid == ROOT and (ancestor.login == own.uid or ancestor.name in LOGIN_PROGRAMS):
            logged_in = True
        if ancestor.uid != (ROOT if logged_in else own.uid):
            return f"{ancestor.name!r} of another system user started it"
    return ""


def _ancestors(own: Process) -> Iterator[Process | None]:
    """The processes above a process; the last one is None if it cannot be read."""
    current: Process | None = own
    while current and current.parent:
        current = process(current.parent)
        yield current


def id_map() -> list[str] | None:
    """What this process's uids are outside of its user namespace, in the kernel's form; None without namespaces."""
    try:
        return (PROC / "self" / "uid_map").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None


def _login(pid: int | str) -> int:
    """A kernel without login uids has none for any process."""
    try:
        return int((PROC / str(pid) / "loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return NO_LOGIN
