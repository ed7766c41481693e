"""The environment of a command: the real one, and the variables of a file `.env` beside it."""

from __future__ import annotations

import io
import os
import pwd
import re
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from state.errors import BadSettings

if TYPE_CHECKING:
    from dotenv.parser import Binding

VARIABLE = "GONOGO_ENV_FILE"
DEFAULT = ".env"
LONGEST = 1_000_000  # bytes
_ROOT = 0
_ANYBODY_ELSE = stat.S_IRWXG | stat.S_IRWXO
_TYPOGRAPHIC = frozenset("“”„‘’")  # an office program writes them for those that people type
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# the process itself, its libraries and its child processes read these, and they see the real environment alone
_OF_THE_PROCESS = re.compile(
    r"PATH|HOME|LANG|LC_(ALL|COLLATE|CTYPE|MESSAGES|MONETARY|NUMERIC|TIME)|TZ|TMPDIR|LD_[A-Z_]+|PYTHON[A-Z]+"
    r"|SSL_CERT_(FILE|DIR)|PGSSLMODE|GONOGO_ENV_FILE"
)


class Environment:
    """The environment of one command. `known` is what was read of it so far, and so what must be masked.

    The file is read once, at the first `read`. Its variables are kept out of the process's own environment, so that no
    child process gets them.
    """

    def __init__(self, real: Mapping[str, str]) -> None:
        self.known: Mapping[str, str] = dict(real)
        self._is_read = False

    def read(self) -> Mapping[str, str]:
        """All variables; what the real environment sets counts. Raises BadSettings, and shows no value."""
        if not self._is_read:
            self.known = {**_variables_of_file(self.known), **self.known}
            self._is_read = True
        return self.known


def _variables_of_file(real: Mapping[str, str]) -> dict[str, str]:
    """The variables of the file; none without a file, or where GONOGO_ENV_FILE is empty."""
    named = real.get(VARIABLE)
    if named == "":
        return {}
    path = Path(named or DEFAULT).absolute()
    try:
        text = _text(path)
    except FileNotFoundError:
        if named:
            raise BadSettings(f"{VARIABLE} names {path}, and there is no such file.") from None
        return {}
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}.") from None
    return _variables(path, text)


def _text(path: Path) -> str:
    """The text of a file that nobody else can read. Raises OSError and BadSettings."""
    # a pipe would be waited for, before it is seen to be none
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _require_private(path, os.fstat(descriptor))
        read = os.read(descriptor, LONGEST + 1)
    finally:
        os.close(descriptor)
    if len(read) > LONGEST:
        raise BadSettings(f"{path} is no file of variables: it is longer than {LONGEST} bytes.")
    if b"\0" in read:
        utf_16 = " (UTF-16?)" if _is_utf_16(read) else ""
        raise BadSettings(f"{path} holds zero bytes{utf_16}: save it as UTF-8.")
    try:
        text = read.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSettings(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    return text.replace("\r\n", "\n")  # of an editor on Windows, also within a value of several lines


def _is_utf_16(content: bytes) -> bool:
    """Whether it begins as UTF-16 does, or has a zero byte beside about every letter, as UTF-16 has without that."""
    return content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or content.count(0) * 3 >= len(content)


def _require_private(path: Path, status: os.stat_result) -> None:
    """Raise BadSettings if somebody else could read the secrets in the file, or decides what is in it."""
    if not stat.S_ISREG(status.st_mode):
        raise BadSettings(f"{path} is not a regular file.")
    if status.st_uid not in {os.geteuid(), _ROOT}:
        owner, user = _user(status.st_uid), _user(os.geteuid())
        raise BadSettings(
            f"{path} belongs to {owner}, and this process runs as {user}: run it as {owner}, or give {user} the file."
        )
    if status.st_mode & _ANYBODY_ELSE:
        mode = stat.S_IMODE(status.st_mode)
        raise BadSettings(
            f"{path} holds secrets, and others than its owner may use it (mode {mode:04o}): run `chmod 600 {path}`."
        )


def _variables(path: Path, text: str) -> dict[str, str]:
    """What the lines set. Values are taken as they are: `${NAME}` in one is not replaced. Raises BadSettings."""
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is None and not binding.error:
            continue  # an empty line, or a comment
        name, value = binding.key or "", binding.value
        if problem := _problem(binding, name, found):
            raise BadSettings(f"{path}, line {_line(binding)}: {problem}.")
        found[name] = value or ""
    return found


def _problem(binding: Binding, name: str, found: Mapping[str, str]) -> str:
    """What is wrong with a line, as a clause that repeats no value; empty if nothing is."""
    if binding.error or binding.value is None or not _NAME.fullmatch(name):
        return "it is not of the form NAME=value (a value with spaces, # or line ends stands in quotes)"
    if binding.value[:1] in _TYPOGRAPHIC:
        return f'the value of {name} begins with a typographic quote ({binding.value[0]}); write " or none'
    if _OF_THE_PROCESS.fullmatch(name):
        return f"{name} counts only in the real environment of gonogo, where other programs see it too; set it there"
    return f"{name} is set a second time; remove one of both" if name in found else ""


def _line(binding: Binding) -> int:
    """The line of the variable; empty lines before it belong to the binding."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
