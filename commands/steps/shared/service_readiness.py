"""Waits for services that were restarted, and sees at once when one of them dies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.shared.readiness import POLL_INTERVAL, Lookout
from commands.steps.shared.service import ServiceBox
from commands.systems.logs.log_lines import NewLines
from commands.systems.services.judgement import deaths, is_starting, not_reloaded, not_restarted
from commands.systems.services.manager import State
from state.frozen import dataclass

_NOTE = "answer before {}"  # the run's file with the answer of the address before a reload
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
    start = _Start(box, ctx, before, after, ctx.tools.clock.monotonic() + within.total_seconds())
    found: Looked = (after, _NO_LINES)
    if box.manages.settles:
        # while old processes go on, their commit is answered too
        found = start.settle()
        if start.is_bad(found) or start.is_unsettled(found[0]):
            return start.seen(box.wait_for_commit(ctx, 0), found)
    left = start.left()
    with Lookout(ctx, start.look_for_deaths) as lookout:
        answer = box.wait_for_commit(ctx, min(WRONG_FOR, left), left, lambda: lookout.found is not None)
    if lookout.found:
        return start.seen(answer, lookout.found)
    if is_starting(found[0].processes):
        found = start.settle()
        # a proxy in front may answer by itself as long as the manager calls nobody ready
        if not box.serves(ctx, answer) and not start.is_bad(found):
            answer = box.wait_for_commit(ctx, min(WRONG_FOR, start.left()))
    return start.seen(answer, found)


def answer_before(box: ServiceBox, ctx: Context) -> str:
    """What the address answered before the first attempt, which the run notes."""
    name = _NOTE.format(ctx.step_key)
    noted = ctx.file(name)
    return noted if noted is not None else ctx.save_file(name, box.wait_for_commit(ctx, 0))


def reload_note(box: ServiceBox, ctx: Context, before: State, now: State) -> str:
    """The sentence about a reload of which neither a process nor the answer shows anything; empty for another one."""
    taken = not not_reloaded(box.manages, before.processes, now.processes)
    if taken or not box.serves(ctx, ctx.file(_NOTE.format(ctx.step_key)) or "?"):
        return ""
    return " It answered this commit before as well, and no process is new: nothing shows that the reload took."


def kept_code(box: ServiceBox, ctx: Context, answer: str) -> str:
    """The sentence about a reload after which the address answers another commit as before; empty for another one."""
    if box.serves(ctx, answer) or answer != ctx.file(_NOTE.format(ctx.step_key)):
        return ""
    return (
        " A reload may keep the code that is loaded (gunicorn with preload_app, puma's "
        "phased restart): restart it instead."
    )


Looked = tuple[State, NewLines]


@dataclass(frozen=True)
class _Start:
    """Services that start until `deadline`, a second of the monotonic clock."""

    box: ServiceBox
    ctx: Context
    before: State
    after: State
    deadline: float

    def left(self) -> float:
        """The seconds until the deadline."""
        return max(self.deadline - self.ctx.tools.clock.monotonic(), 0)

    def look(self) -> Looked:
        """What the manager says now, and the new lines."""
        return self.box.state_and_errors(self.ctx, self.before.logs)

    def look_for_deaths(self) -> Looked | None:
        """The same if a process has died or an error was logged."""
        return found if self.is_bad(found := self.look()) else None

    def settle(self) -> Looked:
        """What is seen when nothing starts any more, when something has died, or at the deadline."""
        while True:
            found = self.look()
            if self.is_bad(found) or not self.is_unsettled(found[0]) or not self.left():
                return found
            pause(self.ctx, POLL_INTERVAL)

    def is_bad(self, found: Looked) -> bool:
        """Whether a process has died, or an error was logged."""
        state, new = found
        return bool(new.lines or deaths(self.box.manages, self.before.processes, self.after.processes, state.processes))

    def is_unsettled(self, state: State) -> bool:
        """Whether a process is not ready yet, or one from before goes on beside the new ones."""
        manager, now = self.box.manages, state.processes
        old = manager.settles and not_restarted(manager, self.before.processes, self.after.processes, now)
        unknown = manager.settles and state.obstacles  # a command of the page may fail once
        return bool(old or unknown or is_starting(now))

    def seen(self, answer: str, found: Looked) -> Seen:
        """What was seen at last."""
        return Seen(answer, *found, self.ctx.tools.clock.now(), died=self.is_bad(found))
