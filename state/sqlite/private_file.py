"""Whether another user of the machine could change or replace the state file."""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from state.errors import BadRecord
from state.frozen import dataclass
from state.journal.key import key_beside

# the files that SQLite keeps beside a state file, and the lock
_BESIDE = ("-wal", "-shm", "-journal", ".lock")
ROOT = 0
_EVERYBODY_WRITES, _EVERYBODY_READS = stat.S_IWOTH, stat.S_IROTH


@dataclass(frozen=True, kw_only=True)
class Weakness:
    """What another user could do, and how to stop it. With `grave`, the bot must not work on this file."""

    problem: str
    todo: str
    grave: bool


def open_regular(path: Path, flags: int) -> int:
    """Open a file, or create it for its owner alone. Follows no link and truncates nothing. Raises OSError."""
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, f"{path.name} is a symbolic link; name the file itself, or remove it") from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"{path.name} is not a regular file; remove it")
    return handle


def require_no_links(path: Path) -> None:
    """Raise OSError if the state file, or a file beside it, is a link or not a regular file; create what is missing.

    A file that exists is not opened: closing it would release the locks that SQLite holds on it in this process.
    """
    for file in _files(path):
        if not stat.S_ISREG(os.lstat(file).st_mode):
            os.close(open_regular(file, os.O_RDONLY))
    if not path.exists():
        try:
            os.close(open_regular(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return  # another process was faster


def weaknesses(path: Path) -> Iterator[Weakness]:
    """What other users could do to this state file."""
    for file in _files(path):
        mode = os.lstat(file).st_mode
        if stat.S_ISLNK(mode):
            yield Weakness(problem=f"{file} is a symbolic link", todo="name the file itself, or remove it", grave=True)
        elif mode & _EVERYBODY_WRITES:
            problem = f"every user of this machine may write {file}"
            yield Weakness(problem=problem, todo=f"chmod o-rwx {file}, and check what is in it", grave=True)
        elif mode & _EVERYBODY_READS and file == path:
            problem = f"every user of this machine may read {file}"
            yield Weakness(problem=problem, todo=f"chmod o-rwx {file}", grave=False)
    yield from _weaknesses_of_key(path)
    folder = path.resolve().parent
    if folder.is_dir() and (mode := folder.stat().st_mode) & _EVERYBODY_WRITES:
        sticky = bool(mode & stat.S_ISVTX)
        problem = f"every user of this machine may write in its folder {folder}"
        yield Weakness(problem=problem, todo="keep it in a folder of the bot's own", grave=not sticky)


def _weaknesses_of_key(path: Path) -> Iterator[Weakness]:
    """What other users could do to the record's key beside the state file. A group that shares the file may read it."""
    key = key_beside(path)
    if not key.is_file():
        return
    mode, todo = key.stat().st_mode, f"chmod o-rwx {key}"
    if mode & (_EVERYBODY_WRITES | _EVERYBODY_READS):
        what = "write" if mode & _EVERYBODY_WRITES else "read"
        yield Weakness(problem=f"every user of this machine may {what} the record's key {key}", todo=todo, grave=True)
    elif mode & stat.S_IRWXG and not (path.exists() and path.stat().st_mode & stat.S_IWGRP):
        problem = f"its group may use the record's key {key}, and the state file is not that group's"
        yield Weakness(problem=problem, todo=f"chmod g-rwx {key}", grave=False)


def require_private(path: Path) -> None:
    """Raise BadRecord, before a bot serves the file, if others could change it or it belongs to somebody else."""
    if path.exists() and (owner := path.stat().st_uid) != os.getuid():
        raise BadRecord(
            f"The state file {path} belongs to {_name(owner)}, and this process runs as {_name(os.getuid())}. "
            "Only its owner may serve it: run `gonogo serve` as its owner, or give the file to this user (chown)."
        )
    key = key_beside(path)
    if key.is_file() and (owner := key.stat().st_uid) not in {os.getuid(), ROOT}:
        raise BadRecord(
            f"The record's key {key} belongs to {_name(owner)}, and this process runs as {_name(os.getuid())}. "
            "Whoever owns the key can sign for the bot: give it to this user (chown)."
        )
    require_safe(path)


def require_safe(path: Path) -> None:
    """Raise BadRecord if every user of the machine may change the state file."""
    for weakness in weaknesses(path):
        if weakness.grave:
            raise BadRecord(
                f"The state file {path} is not safe: {weakness.problem}. Whoever does that can sign for anybody. "
                f"To fix it: {weakness.todo}."
            )


def _files(path: Path) -> list[Path]:
    """The state file and the files beside it, those that exist; a link that leads nowhere exists, too."""
    files = [path, *(path.with_name(path.name + end) for end in _BESIDE)]
    return [file for file in files if os.path.lexists(file)]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
