"""The bash in which a migration tool runs, and how its state is read from what that prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from commands.ports.shell import CommandResult
from commands.systems.scripts import script
from commands.text.redaction import HIDDEN

_STATE = re.compile(r"^gonogo-migration-state=(.*)$", re.MULTILINE)
_TOLD = "gonogo-told: "
_SHOWN = 200  # characters of a state that a message shows
_EXPORT_OPTIONS = 'export PGOPTIONS="${PGOPTIONS:+$PGOPTIONS }$GONOGO_PGOPTIONS"'
_ENTER = 'cd "$FOLDER"'
URLS = script("migrations/urls.sh")
_OPTIONS = URLS + script("migrations/options.sh")
# a state command of several lines ends with the first one that fails
_ASK_STATE = """\
shopt -s inherit_errexit
state=$(migration_state)
"""
# a command of the page that prints the state on standard error would have an empty one before and after
_ON_STANDARD_ERROR = (
    "`state` printed nothing on its standard output, and “%s” on standard error; "
    "if that is the state, add 2>&1 to it, and if not, 2> /dev/null"
)
# what PostgreSQL tells every session, such as of its collations' version, is no state
_NO_NOTICE = r"grep -vE '^(psql:[^ ]*: )?(WARNING|NOTICE|DETAIL|HINT):  '"
_IS_PRINTED = f"""\
[ -n "$state" ] || ! said=$(migration_state 2>&1 > /dev/null | {_NO_NOTICE} | tail -n 1 | grep .) || {{
  printf {shlex.quote(_ON_STANDARD_ERROR)}'\\n' "$said"
  exit 1
}}
"""
_TELL_STATE = """\
printf '\\ngonogo-migration-state=%s\\n' "$(printf %s "$state" | tr '\\n' ' ')\""""


def tool_script(
    program: str,
    state: str,
    command: str,
    variables: Iterable[str],
    *,
    all_urls: bool = False,
    enter: str = _ENTER,
    may_be_silent: bool = False,
) -> str:
    """A script that runs a command of the page; without one, it prints the state. `enter` goes to its folder.

    `may_be_silent`: a state that is empty counts although the command says something on standard error.

    PGOPTIONS is written into those variables of the page that are URLs with options of their own; `all_urls`: into
    every URL, for a tool that does not read PGOPTIONS.
    """
    return "\n".join(
        (
            _EXPORT_OPTIONS,
            f"{_OPTIONS}options_in_urls {shlex.join(('all' if all_urls else 'own', *variables))}",
            f"PROGRAM={shlex.quote(program)}",
            enter.strip(),
            f"migration_state() {{\n{state.strip()}\n}}",
            command.strip() or f"{_ASK_STATE}{'' if may_be_silent else _IS_PRINTED}{_TELL_STATE}",
        )
    )


def told(command: str) -> str:
    """A command whose output is told from warnings that the tool prints on standard error, for `told_lines`."""
    return f"{{\n{command.strip()}\n}} | sed 's/^/{_TOLD}/'"


def told_lines(result: CommandResult) -> list[str]:
    """What a command has told by `told`, without empty lines."""
    lines = (line.removeprefix(_TOLD).strip() for line in result.tail.splitlines() if line.startswith(_TOLD))
    return [line for line in lines if line]


def state_in(result: CommandResult) -> str | None:
    """What the tool says is applied; None if it failed."""
    found = _STATE.findall(result.tail)
    return found[-1].strip() if found and not result.code else None


def masked_problem(state: str) -> str:
    """Why a state cannot be used although the tool told it; a clause, or empty.

    Django would take an app that it does not find in such a state back to nothing, with all its tables.
    """
    if HIDDEN not in state:
        return ""
    return f"the state has a word that is masked as a secret, so nothing could go back to it: {show_state(state)}"


def show_state(state: str) -> str:
    """A state as words."""
    if not state:
        return "“nothing applied”"
    return f"“{state[:_SHOWN]}…”" if len(state) > _SHOWN else f"“{state}”"
