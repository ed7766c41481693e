"""`metrics`: CPU and memory of a whole host, over several samples."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.execution import host_plan
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.durations import Duration, format_duration, parse_duration


class MetricsStep(StepBox):
    """Measures `cpu` and `memory`, both percent of the whole host: CPU as the mean over `samples` spans of `apart`,
    memory as all that is not available to programs. One CPU sample alone reads a restart as an emergency.
    """

    kind: ClassVar[str] = "metrics"

    host: str
    samples: int = Field(default=3, ge=1, le=20)
    apart: Duration = parse_duration("1 s")

    def script(self) -> str:
        """The script: one more reading than samples."""
        nap = f"sleep {self.apart.total_seconds():g}"
        times = " ".join(str(n) for n in range(self.samples))
        loop = f"for n in {times}; do {nap}; head -n 1 /proc/stat; done"
        return f"head -n 1 /proc/stat\n{loop}\ngrep -E '^Mem(Total|Available):' /proc/meminfo"

    def plan(self) -> list[str]:
        return host_plan(self.host, self.script())

    def run(self, ctx: Context) -> Outcome:
        ended = ctx.tools.shell.ask(self.host, self.script(), limit=30 + self.samples * self.apart.total_seconds())
        readings = [_busy(line) for line in ended.tail.splitlines() if line.startswith("cpu ")]
        memory = {name: int(size) for name, size in re.findall(r"^Mem(\w+):\s+(\d+)", ended.tail, re.MULTILINE)}
        if ended.code or len(readings) != self.samples + 1 or memory.keys() != {"Total", "Available"}:
            return failed("The host does not tell its CPU and memory.", lines=ended.last_lines, inconclusive=True)
        spans = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(readings)]
        cpu = sum(100 * busy / total if total else 0.0 for busy, total in spans) / len(spans)
        used = 100 * (1 - memory["Available"] / memory["Total"])
        summary = (
            f"CPU {cpu:.0f} % of the host (mean of {self.samples} samples {format_duration(self.apart)} apart), "
            f"memory {used:.0f} % of {memory['Total'] / 1048576:.1f} GiB."
        )
        return done(summary, measures={"cpu": cpu, "memory": used})


def _busy(line: str) -> tuple[int, int]:
    """Busy and all ticks of one line of /proc/stat: user nice system idle iowait irq softirq steal."""
    ticks = [int(word) for word in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
