"""Preflight checks on hosts: installed programs, folders, and scripts that change nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import field

from commands.ports.page_text import PageText, Text
from commands.ports.preflight import PreflightContext, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.systems.folders.may_write import MAY_WRITE, not_writable
from commands.systems.preflight.free_files import FREE_FILES, too_few
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class ProgramsCheck:
    """Checks that programs are on a host's PATH. Checks of the same host are merged into one."""

    host: str
    names: tuple[str, ...]
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Look up all programs with one command."""
        names = sorted(set(self.names))
        script = f'for name in {shlex.join(names)}; do command -v -- "$name" > /dev/null || echo "missing=$name"; done'
        missing = re.findall(r"^missing=(.+)$", ctx.tools.shell.ask(self.host, script).tail, re.MULTILINE)
        if missing:
            todo = "install them there, or add their folder to the host's `path`: the bot's commands read no .profile"
            return blocked(f"not found on its PATH: {', '.join(missing)}", todo)
        return passed(f"programs found: {', '.join(names)}")


Judge = Callable[[CommandResult], list[PreflightResult]]


@dataclass(frozen=True, kw_only=True)
class HostCheck:
    """A script that checks something on a host and changes nothing; `judge` turns its result into preflight results.

    `env` holds texts of the page by name, in which `<ref>` stands for the ref to deploy; `data` are further variables
    that are passed as they are. `limit` is in seconds.
    """

    host: str
    script: str
    judge: Judge = field(compare=False)
    env: tuple[tuple[str, Text], ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    limit: float = 20
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Run the script and judge its result."""
        env: dict[str, Text] = {
            name: value if isinstance(value, PageText) else PageText(value, {"ref": ctx.ref})
            for name, value in self.env
        }
        env |= self.data
        return self.judge(ctx.tools.shell.ask(self.host, self.script, env=env, limit=self.limit))


# a folder with access control lists of its own gives new files their rights by these
_READERS = """\
[ -d "$FOLDER/" ] && [[ $(ls -ld -- "$FOLDER/") != ??????????+* ]] || exit 0
mask=$(umask)
readable() { find "$FOLDER/" -maxdepth 2 -name .git -prune -o -type f -perm "-$1" -print 2> /dev/null | head -n 1; }
may() { [ $((0$mask & 0$1)) != 0 ] && [ -n "$(readable "$1")" ]; }
if may 004; then echo "$mask others"; elif may 040; then echo "$mask its group"; fi"""


def folder_check(host: str, path: str, what: str) -> HostCheck:
    """Check that a folder (`$NAME` or a literal path) exists and is writable; `what` names it in messages."""

    def judge(ended: CommandResult) -> list[PreflightResult]:
        if ended.code == 65:
            return blocked(f"{what} ({path}) does not exist", "create it, or correct its path in the environment")
        if ended.code:
            return blocked(*not_writable(ended.tail, f"{what} ({path})", "give it to the user that deploys"))
        return too_few(ended.tail.strip(), f"in {what} ({path})") or passed(f"{what} ({path}) exists")

    script = f'{FREE_FILES}{MAY_WRITE}[ -d "$FOLDER" ] || exit 65\nmay_write "$FOLDER" || exit 66\nfree_files "$FOLDER"'
    return HostCheck(host=host, script=script, judge=judge, env=(("FOLDER", path),))


def room_check(host: str, path: str, where: str) -> HostCheck:
    """Check that more files fit into the file system of a folder (`$NAME` or a literal path); says nothing if so."""

    def judge(ended: CommandResult) -> list[PreflightResult]:
        return too_few(ended.tail.strip(), where)

    script = f'{FREE_FILES}free_files "$FOLDER"'
    return HostCheck(host=host, script=script, judge=judge, env=(("FOLDER", path),))


def readers_check(host: str, path: str, where: str) -> HostCheck:
    """Check that others can read what is written in a folder, if they can read what is there; says nothing if so."""

    def judge(ended: CommandResult) -> list[PreflightResult]:
        mask, _, who = ended.tail.strip().partition(" ")
        if ended.code or not who:
            return []
        what = f"what is written {where} will not be readable for {who} (umask {mask}), as what is there now is"
        return warned(
            what, "set umask 022 for sessions without a terminal (pam_umask), unless the service's user owns it"
        )

    return HostCheck(host=host, script=_READERS, judge=judge, env=(("FOLDER", path),))


def programs_in(commands: list[str]) -> tuple[str, ...]:
    """The programs that shell commands start with, if the first word is a plain name; built-ins are included."""
    names = []
    for command in commands:
        words = (command.strip().splitlines() or [""])[0].split()
        if words and re.fullmatch(r"[a-z][a-zA-Z0-9_.+-]*", words[0]):
            names.append(words[0])
    return tuple(names)
