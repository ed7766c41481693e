"""How far each host of a group is: one line for each step of the page that runs on a group."""

from __future__ import annotations

from collections import Counter

from bot.text import bold, line
from commands.report.host_states import HostLine, HostState
from commands.report.status import Status

_EMOJI = {
    HostState.DONE: "✅",
    HostState.RUNNING: "▶️",
    HostState.FAILED: "❌",
    HostState.SKIPPED: "⚠️",
    HostState.WAITING: "⬜",
    HostState.UNTOUCHED: "➖",
}
_QUIET = (HostState.DONE, HostState.WAITING, HostState.UNTOUCHED)  # of many hosts, only the number of these is shown
_SHOWN = 6  # hosts that are shown one by one


def host_lines(status: Status) -> str:
    """The lines, below each other; empty where nothing runs on a group."""
    # where only this runs, the line above names it already
    return "\n".join(
        ("" if shown.title == status.doing else f"{bold(shown.title, 120)}: ") + " · ".join(_hosts(shown))
        for shown in status.hosts[:4]
    )


def _hosts(shown: HostLine) -> list[str]:
    counted = Counter(state for _, state, _ in shown.hosts)
    folded = _QUIET if len(shown.hosts) > _SHOWN else ()
    words = {state: f"{_EMOJI[state]} {counted[state]} {state}" for state in folded if counted[state]}
    open_ = [
        f"{_EMOJI[state]} {line(host, 60)}{f': {line(at, 80)}' if at else f' {state}'}"
        for host, state, at in shown.hosts
        if state not in folded
    ]
    before = [words[state] for state in (HostState.DONE,) if state in words]
    after = [words[state] for state in (HostState.WAITING, HostState.UNTOUCHED) if state in words]
    return [*before, *open_, *after]
