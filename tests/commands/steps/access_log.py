"""Lines of an nginx access log, and the `traffic` step run on a log of this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.clock import Clock
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World

TRAFFIC = 'host = "h"\nfile = "$LOG"\nmethod = "POST"\npath = "/api/jobs"\n'
BANGKOK = timezone(timedelta(hours=7))
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"


def log_line(
    ago: float, status: int = 201, seconds: float | None = 0.1, agent: str = BROWSER, request: str = "POST /api/jobs"
) -> str:
    """A line of nginx, `ago` seconds old. Without `seconds` it has the plain format "combined"."""
    at = datetime.now(BANGKOK) - timedelta(seconds=ago)
    last = "" if seconds is None else f" {seconds:.3f}"
    return f'10.0.0.7 - ann [{at:%d/%b/%Y:%H:%M:%S %z}] "{request} HTTP/1.1" {status} 42 "-" "{agent}"{last}\n'


def context_of_log(log: Path, restarted_ago: float | None = 7200) -> Context:
    """A context for a log on this machine. The service was restarted so many seconds ago; None if that is not known."""
    world = World()
    world.clock = Clock(start=datetime.now(UTC), rate=1.0)
    since = world.clock.now() - timedelta(seconds=restarted_ago or 0)
    values = {} if restarted_ago is None else {"restarted_at": since.isoformat()}
    return context(world, values, shell=LocalShell({"LOG": str(log)}))


def count(log: Path, toml: str = "", *, restarted_ago: float | None = 7200) -> Outcome:
    """Run the step on the log."""
    return execute(box("traffic", TRAFFIC + toml), context_of_log(log, restarted_ago))
