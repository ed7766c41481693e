"""Finds new lines with errors in a host's log, and parses the program's output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from commands.systems.scripts import script
from commands.text.page_pattern import LONGEST_LINE
from commands.text.terminal_codes import without_terminal_codes
from state.errors import Refused
from state.frozen import dataclass

DEFAULT_WORDS = ("error", "fatal")
# they define `each_log FILES MARKS`
SHELL_FUNCTIONS = "".join(map(script, ("logs/rotated.sh", "logs/log_writers.sh", "logs/log_lines.sh")))
LONGEST = LONGEST_LINE  # characters of a line that count; the program prints more, so that no secret is cut in them
MAX_LINES = 100  # the program prints at most so many lines of each log, the newest ones
MAX_OUTPUT = 4_000_000  # bytes of its output that are read
_ROTATION_NOTES = {  # the worst first
    "held": " The log was rotated meanwhile, but process {} still writes to the old file, which was packed or removed; "
    "it was read as well. Let logrotate signal the service, or use copytruncate.",
    "read": " The log was rotated meanwhile; the rotated part was read as well.",
}
_UNSEEN = " Whether a process still writes to the old file could not be seen: the log is another user's."
_UNREADABLE = {
    "gone": "does not exist",
    "device": "is not a file that keeps lines",
    "closed": "may not be read by this user",
    "lost": "was rotated meanwhile, and its last lines before that were not found",
    "packed": "has lines since the mark and is packed, which only gzip's files may be",
}


@dataclass(frozen=True, kw_only=True)
class NewLines:
    """The newest lines with errors, without the allowed ones.

    `total` counts all lines with errors, allowed or not. `unreadable` says which logs cannot be read and why, or is
    empty. `note` is a sentence about a rotation, or empty.
    """

    lines: tuple[str, ...]
    total: int
    unreadable: str
    note: str


def joined_logs(marks: Mapping[str, str]) -> tuple[str, str]:
    """The paths and the marks of several logs, as `each_log` wants them. Raises Refused for a path with ":/" in it."""
    if len(marks) > 1 and any(":/" in file for file in marks):
        raise Refused("The path of one of its logs has :/ in it; give it another.")
    return ":".join(marks), ",".join(marks.values())


def script_env(words: Sequence[str]) -> dict[str, str]:
    """The part of the program's environment that holds the words to look for."""
    patterns = (re.sub(r"([].+*?()\[{}|^$\\/])", r"\\\1", word.lower()) for word in words)
    return {"BAD": "|".join(patterns), "TROUBLE": script("logs/log_level.awk") + script("logs/log_lines.awk")}


def plan_lines(host: str, source: str, words: Sequence[str], included: str = ", rotated files included") -> list[str]:
    """The plan: what is read, what else is read with it, and which lines count."""
    return [
        f"on {host}: reads {source}{included}, for lines with {either(words)}, upper or lower case",
        "not counted: URLs and file names, “0 errors”, error handlers, and lines of level info or lower",
    ]


def describe(lines: Sequence[str], words: Sequence[str]) -> str:
    """The new lines in a few words, for example "2 new lines with error or fatal"."""
    at_least = "at least " if len(lines) >= MAX_LINES else ""
    return f"{at_least}{len(lines)} new line{'' if len(lines) == 1 else 's'} with {either(words)}"


def either(words: Sequence[str]) -> str:
    """The words, joined by "or"."""
    return " or ".join(words)


def parse_output(output: str, allow: Sequence[str]) -> NewLines:
    """Parse the program's output. Lines that match a regular expression of `allow` are left out."""
    plain = without_terminal_codes(output).splitlines()
    lines = [line.removeprefix("log: ")[:LONGEST] for line in plain if line.startswith("log: ")]
    bad = tuple(line[:200] for line in lines if not any(re.search(pattern, line) for pattern in allow))
    totals = re.findall(r"^found=(\d+)$", output, re.MULTILINE)
    logs = re.findall(r"^moved=(\w*) ?(.*)$", output, re.MULTILINE)
    unreadable = [f"{file} {_UNREADABLE[state]}" for state, file in logs if state in _UNREADABLE]
    unreadable += [_written_elsewhere(*more.split(" ", 1)) for state, more in logs if state == "elsewhere"]
    states = dict(logs)
    note = next((note.format(states[state]) for state, note in _ROTATION_NOTES.items() if state in states), "")
    return NewLines(
        lines=bad,
        total=sum(map(int, totals)) if totals else len(lines),
        unreadable=", ".join(dict.fromkeys(unreadable)),
        note=note + (_UNSEEN if re.search(r"^unseen=yes$", output, re.MULTILINE) else ""),
    )


def _written_elsewhere(pid: str, file: str) -> str:
    return f"process {pid} writes to {file}, and none of the bot's user to the log itself; let logrotate signal it"
