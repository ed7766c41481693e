"""What the tests of `traffic` share: lines as nginx writes them, and a look at a log on this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.clock import Clock
from tests.commands.steps.making import box, context
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\nfile = "$LOG"\nmethod = "POST"\npath = "/api/jobs"\n'
BANGKOK = timezone(timedelta(hours=7))
PEOPLE = "Mozilla/5.0 (X11; Linux x86_64)"


def line(
    ago: float, status: int = 201, seconds: float | None = 0.1, agent: str = PEOPLE, asked: str = "POST /api/jobs"
) -> str:
    """A line of nginx's, `ago` seconds old; without `seconds` it is the plain format "combined"."""
    at = datetime.now(BANGKOK) - timedelta(seconds=ago)
    last = "" if seconds is None else f" {seconds:.3f}"
    return f'10.0.0.7 - ann [{at:%d/%b/%Y:%H:%M:%S %z}] "{asked} HTTP/1.1" {status} 42 "-" "{agent}"{last}\n'


def looking(log: Path, let_in: float | None = 7200) -> Context:
    """A look at a log on this machine; the service was restarted `let_in` seconds ago."""
    world = World()
    world.clock = Clock(start=datetime.now(UTC), rate=1.0)
    since = world.clock.now() - timedelta(seconds=let_in or 0)
    values = {} if let_in is None else {"restarted_at": since.isoformat()}
    return context(world, values, shell=LocalShell({"LOG": str(log)}))


def count(log: Path, toml: str = "", *, let_in: float | None = 7200) -> Outcome:
    """Count in a log."""
    return execute(box("traffic", BOX + toml), looking(log, let_in))
