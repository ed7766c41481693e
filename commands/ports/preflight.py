"""Checks: what a step needs to find before anything starts, as small values that the doctor runs through the tools."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from commands.ports.shell import CommandResult
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest
from state.errors import LostTrack

OK, WARN, FAIL = "ok", "warn", "fail"
_NAME = re.compile(r"<[a-z][a-z0-9_]*>")


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """One line of the doctor's: `level` is ok, warn or fail; `summary` what is so, `todo` what to do about it."""

    level: str
    summary: str
    todo: str = ""


def passed(summary: str) -> list[PreflightResult]:
    """One thing that is well."""
    return [PreflightResult(level=OK, summary=summary)]


def blocked(summary: str, todo: str) -> list[PreflightResult]:
    """One thing that keeps a run from starting."""
    return [PreflightResult(level=FAIL, summary=summary, todo=todo)]


def warned(summary: str, todo: str) -> list[PreflightResult]:
    """One thing that people must know, and a run may start in spite of it."""
    return [PreflightResult(level=WARN, summary=summary, todo=todo)]


def last_word(ended: CommandResult) -> str:
    """The last line of a command's output, 160 characters at most, or how it ended where it said nothing."""
    return (ended.tail.strip().splitlines() or [f"exit {ended.code}"])[-1][:160]


@dataclass(frozen=True, kw_only=True)
class PreflightContext:
    """What a check is handed. `files` are the release's files as that ref has them, known to `late` checks only."""

    tools: Tools
    ref: str
    files: dict[str, str] = field(default_factory=dict)


class PreflightCheck(Protocol):
    """One thing to look at; changes nothing. Equal checks are made once.

    Checks with the same `place` ((sort, name), as in `StepBox.places`) are made one after another, and not at all when
    the place cannot be reached; `late` ones wait until all others are done.
    """

    @property
    def place(self) -> tuple[str, str]:
        """Where it looks."""

    @property
    def late(self) -> bool:
        """Whether it needs what other checks found."""

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Look. May raise the tools' errors, which count as failures."""


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Programs that must be on a host's PATH; the doctor makes one check of all that name the same host."""

    host: str
    names: tuple[str, ...]
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask for all of them at once."""
        names = sorted(set(self.names))
        script = f'for name in {shlex.join(names)}; do command -v -- "$name" > /dev/null || echo "missing=$name"; done'
        missing = re.findall(r"^missing=(.+)$", ctx.tools.shell.ask(self.host, script).tail, re.MULTILINE)
        if missing:
            todo = (
                "install them there, or name their folder in the host's `path`: a plain SSH command reads no .profile"
            )
            return blocked(f"not found on its PATH: {', '.join(missing)}", todo)
        return passed(f"its programs are there: {', '.join(names)}")


Judge = Callable[[CommandResult], list[PreflightResult]]


@dataclass(frozen=True, kw_only=True)
class OnHost:
    """A script that looks at something on a host and changes nothing; `judge` says what its end means.

    `env` are pairs as in `Job.env`; `<ref>` in a value is the ref that is to be deployed.
    """

    host: str
    script: str
    judge: Judge = field(compare=False)
    env: tuple[tuple[str, str], ...] = ()
    limit: float = 20
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Run the script and judge it."""
        env = {name: value.replace("<ref>", ctx.ref) for name, value in self.env}
        return self.judge(ctx.tools.shell.ask(self.host, self.script, env=env, limit=self.limit))


@dataclass(frozen=True, kw_only=True)
class InDatabase:
    """A query about the database itself; `judge` is handed its first row."""

    database: str
    sql: str
    judge: Callable[[tuple[object, ...]], list[PreflightResult]] = field(compare=False)
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The database."""
        return ("databases", self.database)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask and judge."""
        rows = ctx.tools.database.query(self.database, self.sql, limit=10).rows
        return self.judge(rows[0] if rows else ())


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A place that must answer at all: the first check of every place of the page."""

    place: tuple[str, str]
    late: bool = False

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask the simplest thing there is."""
        sort, name = self.place
        if sort == "hosts":
            return _host(ctx.tools.shell.ask(name, _HOST, limit=10))
        if sort == "databases":
            return _database(*ctx.tools.database.query(name, _DATABASE, limit=10).rows[0])
        try:
            answer = ctx.tools.web.request(name, HttpRequest(path="/", limit=8))
        except LostTrack as error:
            return blocked(str(error), "is its service up, and the address right?")
        if answer.status >= 500 and answer.status != 503:
            return warned(f"answers {answer.status} at /", "look at its log; it fails before anything is deployed")
        return passed(f"answers ({answer.status} in {answer.seconds:.1f} s)")


# what `~/.gonogo/jobs` and the programs of the job protocol need on every host
_HOST = """\
printf 'user=%s\\n' "$(id -un)"
for name in setsid stat tail head; do command -v "$name" > /dev/null || printf 'missing=%s\\n' "$name"; done
mkdir -p "$HOME/.gonogo/jobs" && [ -w "$HOME/.gonogo/jobs" ] || echo 'closed=yes'
printf 'free=%s\\n' "$(df -Pk "$HOME" | awk 'NR == 2 { print $4 }')\""""
_LEAST = 100 * 1024  # kB


def _host(ended: CommandResult) -> list[PreflightResult]:
    words = dict(re.findall(r"^(\w+)=(.*)$", ended.tail, re.MULTILINE))
    if "missing" in words:
        return blocked(
            f"it has no {words['missing']}, which every command there needs", "install util-linux and coreutils"
        )
    if ended.code or "closed" in words:
        todo = "look at the disk and at the user's rights there"
        return blocked("~/.gonogo/jobs cannot be written, where running commands are kept", todo)
    if words.get("free", "").isdigit() and int(words["free"]) < _LEAST:
        return blocked(
            f"only {int(words['free']) // 1024} MB are free in the home folder", "make room: nothing can run there"
        )
    return passed(f"logged in as {words.get('user', '?')}; running commands can be kept")


_DATABASE = """
SELECT current_user::text, current_setting('server_version'), pg_is_in_recovery(),
       current_setting('default_transaction_read_only') = 'on'"""


def _database(user: str, version: str, standby: bool, read_only: bool) -> list[PreflightResult]:
    if standby:
        return blocked("it is a standby, which takes no writes", "name the primary's address")
    if read_only:
        return warned(
            f"user {user} is read-only by default", "name a user that may write, if a step changes this database"
        )
    return passed(f"PostgreSQL {version.split(maxsplit=1)[0]}, as {user}")


def folder(host: str, path: str, what: str, *, writable: bool = True) -> OnHost:
    """A folder (`$NAME` or a literal) that must be there."""
    test = '[ -d "$FOLDER" ] || exit 65\n' + ('[ -w "$FOLDER" ] || exit 66' if writable else "")

    def judge(ended: CommandResult) -> list[PreflightResult]:
        if ended.code == 65:
            return blocked(f"{what} ({path}) is not there", "make the folder, or mend the address in the environment")
        if ended.code:
            return blocked(f"{what} ({path}) cannot be written by this user", "give it to the user that deploys")
        return passed(f"{what} ({path}) is there")

    return OnHost(host=host, script=test, judge=judge, env=(("FOLDER", path),))


def first_words(commands: list[str]) -> tuple[str, ...]:
    """The programs that shell commands begin with, where that is plain to see; built-in words count as found."""
    found = []
    for command in commands:
        lines = command.strip().splitlines()
        word = lines[0].split()[0] if lines and lines[0].split() else ""
        if re.fullmatch(r"[a-z][a-zA-Z0-9_.+-]*", word):
            found.append(word)
    return tuple(found)


def is_open(text: str, env: Mapping[str, str] | None = None) -> bool:
    """Whether a text still waits for the value of an earlier step, so that nothing can be said of it before the run."""
    return any(_NAME.search(one) for one in (text, *(env or {}).values()))
