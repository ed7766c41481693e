"""The log of a manager that is no file, read from one mark on for all its services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from commands.systems.logs.log_lines import NewLines, parse_output
from commands.systems.logs.log_sources import source_state


def read_source(output: str, since: str, allow: Sequence[str], what: str, *, is_silent: bool = False) -> NewLines:
    """What a program of `commands.systems.logs.log_sources` printed for the mark `since`; `what` names the log.

    `is_silent`: a program that says anything of itself has not read everything.
    """
    new = parse_output(output, allow)
    state = source_state(output, since, is_silent=is_silent, has_errors=bool(new.lines))
    why = state.unknown or state.incomplete
    return replace(new, unreadable=f"{what}: {why}" if why else "", note=state.note)
