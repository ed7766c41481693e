"""Processes that a restart has not ended: the old code goes on in them beside the new."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.systems.scripts import script
from commands.text.phrases import agree, joined_few
from commands.text.printable import printable

# defines the functions `tree` and `still`; not for managers whose processes are containers or unknown
LEFT_PROCESSES = script("services/left_processes.sh")
# what ran right before the restart, from what `state` had printed into $before
NOTE_OLD = 'printf \'old=%s\\n\' "$(tree <<< "$before")"'
STILL = f"{LEFT_PROCESSES}still\n"
_OLD = re.compile(r"^old=((?:[0-9]+:[0-9]+ ?)*)(hidden)?$", re.MULTILINE)
_STILL = re.compile(r"^still=([0-9]+) (.*)$", re.MULTILINE)
_NAMED, _MOST = 3, 20  # processes in a message, and numbers in its command


def old_processes(output: str) -> str:
    """The processes that `NOTE_OLD` printed, for $OLD of `STILL`; empty if it printed none."""
    found = _OLD.search(output)
    return found[1] if found else ""


def hides_old(output: str) -> bool:
    """Whether `NOTE_OLD` did not see all processes that the manager named."""
    found = _OLD.search(output)
    return bool(found and found[2])


def still_running(output: str) -> list[tuple[str, str]]:
    """The number and the program of each that `STILL` printed."""
    return [(pid, printable(program)[:20]) for pid, program in _STILL.findall(output)]


def left_note(left: Sequence[tuple[str, str]], todo: str) -> str:
    """The sentence about processes that still run; `todo` says how the manager ends them all."""
    shown = joined_few([f"{pid} ({program})" if program else pid for pid, program in left], _NAMED, rest="other")
    numbers, count = " ".join(pid for pid, _ in left[:_MOST]), len(left)
    return (
        f" But {agree(count, 'process', 'processes')} {shown} from before the restart still "
        f"{agree(count, 'runs', 'run')}, perhaps with the old code: end {agree(count, 'it', 'them')} (kill {numbers}), "
        f"and {todo}."
    )
