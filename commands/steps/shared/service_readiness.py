"""Waits for services that were restarted, and sees at once when one of them dies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.shared.readiness import POLL_INTERVAL, Lookout
from commands.steps.shared.service import ServiceBox
from commands.systems.logs.log_lines import NewLines
from commands.systems.services.judgement import deaths, is_starting, not_restarted
from commands.systems.services.manager import State

WRONG_FOR = 15.0  # seconds for which another answer than that of a service that starts may be the one before
_NO_LINES = NewLines(lines=(), total=0, unreadable="", note="")


class Seen(NamedTuple):
    """What was seen of services that start: the newest answer of their address, their state, and their error lines.

    `ready_at` is when they were ready, or when that was given up. `died`: a process died, or an error was logged.
    """

    answer: str
    state: State
    new: NewLines
    ready_at: datetime
    died: bool = False


def wait_until_ready(box: ServiceBox, ctx: Context, before: State, after: State, within: timedelta) -> Seen:
    """What is seen when the services are ready, when one has died, or when they are given up.

    If the manager need not be asked again, `state` is `after`, and no log was read. Raises the tools' errors.
    """
    clock = ctx.tools.clock
    began, seconds = clock.monotonic(), within.total_seconds()

    def look() -> tuple[State, NewLines]:
        return box.state_and_errors(ctx, before.logs)

    def is_bad(found: tuple[State, NewLines]) -> bool:
        state, new = found
        return bool(new.lines or deaths(box.manages, before.processes, after.processes, state.processes))

    def look_for_deaths() -> tuple[State, NewLines] | None:
        return found if is_bad(found := look()) else None

    def is_unsettled(state: State) -> bool:
        now = state.processes
        old = box.manages.settles and not_restarted(box.manages, before.processes, after.processes, now)
        return bool(old or is_starting(now))

    with Lookout(ctx, look_for_deaths) as lookout:
        answer = box.wait_for_commit(ctx, min(WRONG_FOR, seconds), seconds, lambda: lookout.found is not None)
    if lookout.found:
        return Seen(answer, *lookout.found, clock.now(), died=True)
    seen = after, _NO_LINES
    asks = box.manages.settles or is_starting(after.processes)
    while asks and box.serves(ctx, answer):
        seen = look()
        if is_bad(seen):
            return Seen(answer, *seen, clock.now(), died=True)
        asks = is_unsettled(seen[0]) and clock.monotonic() - began < seconds
        if asks:
            pause(ctx, POLL_INTERVAL)
    return Seen(answer, *seen, clock.now())
