"""The record's key, which signs each entry of the journal and is never in the record itself."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import field
from pathlib import Path

from state.errors import BadRecord
from state.frozen import dataclass

SHORTEST = 16  # characters
LONGEST = 4096  # characters


@dataclass(frozen=True)
class RecordKey:
    """A secret that the state file does not hold. `id` names it there: a part of its hash. `repr` does not show it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The name of the key, from which it cannot be guessed."""
        return hashlib.sha256(b"gonogo record key\0" + self.secret).hexdigest()[:16]

    def mac(self, text: str) -> str:
        """The HMAC-SHA256 of a text, in hex."""
        return hmac.digest(self.secret, text.encode(), "sha256").hex()


def key_from_text(text: str, where: str) -> RecordKey:
    """The key that a text holds. Raises BadRecord if it is shorter than SHORTEST or longer than LONGEST."""
    secret = text.strip()
    if not SHORTEST <= len(secret) <= LONGEST:
        raise BadRecord(
            f"{where} has {len(secret)} characters; the record's key has {SHORTEST} to {LONGEST}. "
            "A good one: `openssl rand -hex 32`."
        )
    return RecordKey(secret.encode())


def key_beside(path: Path) -> Path:
    """Where the key of a state file is, if nothing else is said."""
    return path.with_name(path.name + ".key")


def read_key(path: Path) -> RecordKey | None:
    """The key in a file; None if there is no such file. Raises BadRecord if the file holds no key."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot_read(path, error.strerror or "unknown error") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _cannot_read(path, "it is not a regular file")
        text = os.read(descriptor, LONGEST + 1)
    finally:
        os.close(descriptor)
    try:
        return key_from_text(text.decode("ascii"), str(path))
    except UnicodeDecodeError:
        raise _cannot_read(path, "it is not plain text") from None


def create_key(path: Path) -> RecordKey:
    """Create the file with a new key, for its owner only; the key of a process that was faster. Raises BadRecord."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(part)  # complete, or not there at all
        except FileExistsError:
            pass
        finally:
            part.unlink()
    except OSError as error:
        raise BadRecord(
            f"The record's key cannot be written to {path} ({error.strerror}). Set GONOGO_RECORD_KEY, "
            "or GONOGO_RECORD_KEY_FILE to a file in a folder that the bot may write to."
        ) from None
    key = read_key(path)
    if key is None:
        raise _cannot_read(path, "it was removed")
    return key


class KeyHolder:
    """The key of a record: known, in a file, or the error that says why there is none.

    With an error, what only stops a run is written all the same.
    """

    def __init__(self, source: RecordKey | Path | BadRecord) -> None:
        self._source = source
        self._read = source if isinstance(source, RecordKey) else None

    @property
    def key(self) -> RecordKey | None:
        """The key, or None if it is not here. Raises BadRecord if it cannot be read."""
        if isinstance(self._source, BadRecord):
            raise self._source
        if self._read is None and isinstance(self._source, Path):
            self._read = read_key(self._source)
        return self._read

    def create(self) -> RecordKey:
        """The key, whose file is made if it is not there. Raises BadRecord."""
        key = self.key
        if key is None and isinstance(self._source, Path):
            key = self._read = create_key(self._source)
        assert key is not None, "a source is a key, a file or an error"  # noqa: S101
        return key


def _cannot_read(path: Path, why: str) -> BadRecord:
    return BadRecord(
        f"The record's key cannot be read from {path} ({why}). "
        "Set GONOGO_RECORD_KEY_FILE to the file that holds the key, or GONOGO_RECORD_KEY to the key."
    )
