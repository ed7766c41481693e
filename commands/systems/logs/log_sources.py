"""Logs that are no files: of a systemd unit, of a container, and what a command prints."""

from __future__ import annotations

import re
from datetime import datetime

from commands.systems.logs.own_limits import is_limited
from commands.systems.scripts import script
from commands.text.numbers import format_count
from commands.text.printable import printable
from state.errors import BadValue
from state.frozen import dataclass

_ERROR_LINES = script("logs/log_source.sh")  # defines `error_lines`
ELSEWHERE = script("logs/journal_elsewhere.sh")  # defines `elsewhere UNIT …`
SERVICES_OF = script("services/systemd_target.sh")  # defines `services_of UNIT …`
JOURNAL = f"{_ERROR_LINES}{ELSEWHERE}{SERVICES_OF}{script('logs/journal.sh')}"
_FIND_CONTAINERS = script("services/docker_find.sh")  # defines `found`
CONTAINER = f"{_ERROR_LINES}{_FIND_CONTAINERS}{script('logs/container.sh')}"
COMMAND = f"{_ERROR_LINES}{script('logs/log_command.sh')}"
NO_DOCKER = 65  # exit codes
NO_CONTAINER = 66
SEVERAL_PROJECTS = 67
# whether the log of NAME can be read
ASK_UNIT = (
    f'{ELSEWHERE}elsewhere "$NAME"\n[ -n "$(journalctl --quiet --no-pager --lines=1 --output=cat --unit="$NAME")" ]'
)
ASK_CONTAINER = f"""\
{_FIND_CONTAINERS}export NAMES=$NAME SUDO=
listed=$(found) || exit {NO_DOCKER}
projects=$(awk -F '\\t' '$1 == "several" {{ print $3 }}' <<< "$listed")
[ -z "$projects" ] || {{ printf '%s\\n' "$projects"; exit {SEVERAL_PROJECTS}; }}
ids=$(awk -F '\\t' '$1 == "container" {{ print $3 }}' <<< "$listed")
[ -n "$ids" ] || ids=$(docker inspect --type container --format '{{{{.ID}}}}' -- "$NAME") || exit {NO_CONTAINER}
while read -r id; do docker logs --tail 1 -- "$id" > /dev/null; done <<< "$ids"
"""
_SAME_TIME = 5.0  # seconds by which two clocks may differ, with the time of a whole second
_STATES = {
    "name": "its name is not that of one unit",
    "empty": "it is a target without services",
    "unasked": "systemd does not say which services are below the target",
    "gone": "the journal no longer has the entry of the mark, or never had it, so lines may be missing",
    "container": "docker does not show it",
    "several": "several projects of compose have such a service; write which one, as in project/service",
    "unnamed": "the page names no command for it",
    "unread": "it showed this user nothing at the restart",
    "unreadable": "docker has it and cannot read its log",
}
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)


_ELSEWHERE = re.compile(r"^elsewhere=(\S+) (.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """What the program says of a source.

    `unknown` is why its log is not known at all, `incomplete` why some of it may be missing, as clauses, or empty.
    `note` is a sentence about what nobody can read, or empty. `said` are its program's own words. `read` are the lines
    that it printed.
    """

    unknown: str
    incomplete: str
    note: str
    said: tuple[str, ...]
    read: int


def time_mark(text: str) -> str:
    """A time as docker takes it: in seconds since 1970, of such a number or of an ISO time with a zone.

    Raises BadValue for another text.
    """
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        return text
    seconds = _seconds(text)
    if seconds is None:
        raise BadValue("its mark is no time in seconds since 1970 (`date +%s`) and no ISO time with a zone")
    return f"{seconds:.6f}"


def clock_problem(output: str, asked: float, answered: float) -> str:
    """How the host's clock differs from the bot's, by which the mark is; a clause, or empty if it hardly does.

    `asked` and `answered` are the bot's own times, in seconds since 1970, before and after the program ran.
    """
    now = re.search(r"^now=([0-9]{1,12})$", output, re.MULTILINE)
    if now and asked - _SAME_TIME <= int(now[1]) <= answered + _SAME_TIME:
        return ""
    return "the host's clock differs from the bot's, by which the mark is"


def printed_elsewhere(output: str) -> str:
    """Which units print elsewhere than into the journal, as a clause; empty if none does."""
    units = [f"{unit} prints elsewhere than into the journal ({how[:150]})" for unit, how in _ELSEWHERE.findall(output)]
    return " and ".join(units)


def source_state(output: str, since: str, *, is_silent: bool, has_errors: bool) -> SourceState:
    """Read what a program of this module printed beside the lines; `since` is the mark that it got.

    `is_silent`: a program that says anything of itself has not read everything. `has_errors`: it printed such a line.
    """
    said = tuple(printable(line[:300]) for line in re.findall(r"^said: (.*)$", output, re.MULTILINE))
    values = dict(re.findall(r"^(state|code|read|dropped|command)=(.*)$", output, re.MULTILINE))
    containers = re.findall(r"^created=(.*)\noldest=(.*)$", output, re.MULTILINE)
    ages = [_age(created, oldest, float(since)) for created, oldest in containers]
    incomplete, note, read = "", "", int(values.get("read", "0"))
    if dropped := int(values.get("dropped", "0")):
        incomplete = f"journald dropped {format_count(dropped, 'line')} by its rate limit"
    elif where := printed_elsewhere(output):
        incomplete = where
    elif is_silent and said:
        incomplete = f"its program says “{said[0].rstrip('.')}”"
    elif is_limited(read, values.get("command", "").replace("\x1f", "\n")):
        lines = format_count(read, "line")
        incomplete = f"it printed {lines}, which is its own limit, so others may be missing; give it a higher one"
    elif "unread" in ages:
        incomplete = "docker tells in no known form since when it has lines of it"
    elif "rotated" in ages:
        incomplete = "docker's oldest line of it is younger than the mark, so lines were rotated away"
    elif "young" in ages:
        note = " The container was made after the mark; the log of an earlier one of its name is gone."
    unknown = _unknown(values, said, has_errors)
    return SourceState(unknown=unknown, incomplete=incomplete, note=note, said=said, read=read)


def _unknown(values: dict[str, str], said: tuple[str, ...], has_errors: bool) -> str:
    if "state" in values:
        return _STATES[values["state"]]
    if values.get("code") != "0":
        return f"its program ended with exit code {values.get('code', '?')}"
    if int(values.get("read", "0")) or has_errors:
        return ""
    aside = " on its standard output, but some on standard error (if they are the log, add 2>&1 to it)"
    return f"it has no line at all since the mark{aside if said else ''}"


def is_rotated_away(created: str, oldest: str, mark: float) -> bool:
    """Whether docker has lines of a container from after a mark only, though it was made before that."""
    return _age(created, oldest, mark) == "rotated"


def _age(created: str, oldest: str, mark: float) -> str:
    """Of a container: whether it is "young", made after the mark, or lines since the mark were "rotated" away.

    "unread": it cannot be known. A container that has no line at all has no oldest one.
    """
    made, first = _seconds(created), _seconds(oldest)
    if made is None or (oldest and first is None):
        return "unread"
    if made > mark:
        return "young"
    return "rotated" if first is not None and first > mark else ""


def _seconds(text: str) -> float | None:
    """The seconds since 1970 of an ISO time with a zone, like docker's, which has nanoseconds."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}{match[3]}").timestamp() + float(f"0.{match[2] or 0}")
    except (ValueError, OverflowError):
        return None
