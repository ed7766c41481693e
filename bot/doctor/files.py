"""The doctor checks who else could read or change pages, keys and known hosts."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.doors.served_names import VARIABLE
from bot.doors.terminal_users import read_terminal_users
from bot.settings import Settings
from bot.tools.ssh.file_problems import is_private_key
from commands.ports.preflight import FAIL, WARN, PreflightResult
from commands.runbook import Page
from commands.start.preflight import PreflightLine
from state.errors import BadSettings

ABOUT = "files"


def check_files(settings: Settings, page: Page) -> list[PreflightLine]:
    """A line for each file that another user of this machine could change, or read where it is a key."""
    return [*_page(settings.runbook, page), *_logins(settings, page), *_terminal_users(settings)]


def _page(where: Path, page: Page) -> Iterator[PreflightLine]:
    file, todo = (where / page.name if where.is_dir() else where), "whoever does decides what the bot runs: chmod o-w"
    for changed in filter(None, [_writable(file), _writable(where) if where.is_dir() else ""]):
        yield _line(FAIL, f"every user of this machine may change {changed}, a page", f"{todo} {changed}")


def _logins(settings: Settings, page: Page) -> Iterator[PreflightLine]:
    for name, host in page.places.hosts.items():
        if host.is_local:
            continue
        paths = (settings.environ.get(variable.removeprefix("$"), "") for variable in (host.key, host.known_hosts))
        key, known = (Path(path or os.devnull) for path in paths)  # of an unset variable the environment's line tells
        mode = _mode(key) if is_private_key(key) else 0
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            problem = f"every user of this machine may read or change the private key of host {name} ({key})"
            yield _line(FAIL, problem, f"chmod 600 {key}, and replace the key if others have used this machine")
        elif mode & (stat.S_IRGRP | stat.S_IWGRP):
            yield _line(
                WARN, f"its group may read or change the private key of host {name} ({key})", f"chmod 600 {key}"
            )
        if changed := _writable(known):
            problem = f"every user of this machine may change {changed}, the known hosts of host {name}"
            yield _line(FAIL, problem, f"whoever does decides which host the bot takes for it: chmod o-w {changed}")


def _terminal_users(settings: Settings) -> Iterator[PreflightLine]:
    try:
        users = read_terminal_users(settings.environ.get(VARIABLE, ""))
    except BadSettings as error:
        yield _line(FAIL, str(error), "")
        return
    for user in users:
        try:
            pwd.getpwnam(user)
        except KeyError:
            yield _line(WARN, f"{VARIABLE} names {user}, and this machine has no such user", "correct the name")


def _writable(path: Path) -> str:
    """The path if every user may write it, or its folder if every user may put another file in its place; else ""."""
    if _mode(path) & stat.S_IWOTH:
        return str(path)
    folder = path.resolve().parent
    mode = _mode(folder)
    return str(folder) if mode & stat.S_IWOTH and not mode & stat.S_ISVTX else ""


def _mode(path: Path) -> int:
    """The permissions of a file or folder; 0 for anything else, which other checks report."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return 0
    return mode if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else 0


def _line(level: str, summary: str, todo: str) -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
