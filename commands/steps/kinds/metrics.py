"""`metrics`: measures the CPU and memory of a whole host."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared_fields import HostName
from commands.text.durations import Duration, format_duration, parse_duration
from commands.text.numbers import format_count


class MetricsStep(StepBox):
    """Measures the CPU and memory of a whole host, both in percent.

    CPU is a mean, because a single sample mistakes a restart for an emergency. Memory is everything that is not
    available to programs.
    """

    kind: ClassVar[str] = "metrics"
    proves: ClassVar[str] = "how busy the host is"
    measured: ClassVar[frozenset[str]] = frozenset({"cpu", "memory"})

    host: HostName
    samples: int = Field(
        default=3,
        ge=1,
        le=20,
        description="How many intervals are measured. Their mean counts.",
        examples=[5],
        json_schema_extra={"unit": "intervals"},
    )
    apart: Duration = Field(default=parse_duration("1 s"), description="How long one interval is.", examples=["2 s"])

    def script(self) -> str:
        """The script. It reads /proc/stat once more than there are samples."""
        sleep = f"sleep {self.apart.total_seconds():g}"
        numbers = " ".join(str(n) for n in range(self.samples))
        loop = f"for n in {numbers}; do {sleep}; head -n 1 /proc/stat; done"
        return f"head -n 1 /proc/stat\n{loop}\ngrep -E '^Mem(Total|Available):' /proc/meminfo"

    def plan(self) -> list[str]:
        samples = f"{format_count(self.samples, 'sample')}, {format_duration(self.apart)} apart"
        return program_plan(self.host, f"reads CPU and memory from /proc ({samples})", self.script())

    def run(self, ctx: Context) -> Outcome:
        result = ctx.tools.shell.ask(self.host, self.script(), limit=30 + self.samples * self.apart.total_seconds())
        readings = [_ticks(line) for line in result.tail.splitlines() if line.startswith("cpu ")]
        memory = {name: int(size) for name, size in re.findall(r"^Mem(\w+):\s+(\d+)", result.tail, re.MULTILINE)}
        if result.code or len(readings) != self.samples + 1 or memory.keys() != {"Total", "Available"}:
            summary = f"CPU and memory of host “{self.host}” could not be read."
            return failed(summary, lines=result.last_lines, inconclusive=True)
        intervals = [(end[0] - start[0], end[1] - start[1]) for start, end in pairwise(readings)]
        cpu = sum(100 * busy / total if total else 0.0 for busy, total in intervals) / len(intervals)
        used = 100 * (1 - memory["Available"] / memory["Total"])
        samples = f"{format_count(self.samples, 'sample')}, {format_duration(self.apart)} apart"
        summary = (
            f"CPU {cpu:.0f} % of the whole host (mean of {samples}), "
            f"memory {used:.0f} % of {memory['Total'] / 1048576:.1f} GiB."
        )
        return done(summary, measures={"cpu": cpu, "memory": used})


def _ticks(line: str) -> tuple[int, int]:
    """Busy ticks and all ticks of a line of /proc/stat: user nice system idle iowait irq softirq steal."""
    ticks = [int(word) for word in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
