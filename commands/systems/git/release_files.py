"""Files of a commit: read in the working copy on a host, and compared with git's own hash."""

from __future__ import annotations

import hashlib

from commands.ports.page_text import Text
from commands.ports.shell import Shell
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.git.refs import ReleaseError
from commands.systems.scripts import without_remarks
from commands.text.numbers import format_bytes

_IN = OWN_REPOSITORY + 'export GIT_NO_REPLACE_OBJECTS=1\ncd "$REPOSITORY"\n'
_FILE = without_remarks(_IN + 'git show "$COMMIT:$FILE"')
_HASH = without_remarks(_IN + 'git rev-parse --verify --quiet --end-of-options "$COMMIT:$FILE"')
MAX_FILE_BYTES = 2_000_000  # a stored file is part of the record, and of the script of a rehearsal


def _read_file(shell: Shell, host: str, repository: Text, commit: str, file: str) -> str:
    """The text of a file of a commit. Raises ReleaseError (there is none, or it is too large), Unreachable, Failed."""
    env: dict[str, Text] = {"REPOSITORY": repository, "COMMIT": commit, "FILE": file}
    content = shell.ask(host, _FILE, env=env, keep=MAX_FILE_BYTES)
    if content.code:
        raise ReleaseError(f"commit {commit[:10]} has no file {file}", "name the ref that this page was written for")
    if content.size > MAX_FILE_BYTES:
        most = format_bytes(MAX_FILE_BYTES)
        too_large = f"is {format_bytes(content.size)}, but at most {most} can be stored with the run"
        raise ReleaseError(f"the file {file} {too_large}", "bring large data in separately, or split the file")
    return content.tail


def read_unchanged_file(shell: Shell, host: str, repository: Text, commit: str, file: str) -> str:
    """The text of a file of a commit, if what came over is what git has. Raises ReleaseError, Unreachable, Failed."""
    text = _read_file(shell, host, repository, commit, file)
    env: dict[str, Text] = {"REPOSITORY": repository, "COMMIT": commit, "FILE": file}
    git_hash = shell.ask(host, _HASH, env=env)
    if git_hash.code or blob(text, len(commit)) != git_hash.tail.strip():
        raise ReleaseError(
            f"the file {file} of commit {commit[:10]} cannot be stored unchanged, because it is not UTF-8 text or "
            "contains a secret, such as a password or `?token=…` in an address, which the bot masks wherever it reads",
            "save it as UTF-8, and take secrets out of it",
        )
    return text


def blob(text: str, digits: int = 40) -> str:
    """The hash that git gives to a file with this text, in a repository with ids of so many hex digits (40 or 64)."""
    data = text.encode()
    data = b"blob %d\0" % len(data) + data
    if digits == 40:
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()
