"""The protocol of preflight checks: what must be true before a run starts.

The checks that several step kinds use are in `commands/systems/preflight`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

from commands.ports.tools import Tools
from state.frozen import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """One line of the preflight. `level` is ok, warn or fail; `summary` is the finding, `todo` what to do about it.

    `kept` are pairs of a name and a text that the run compares with what it finds later (`Context.found_at_start`).
    """

    level: str
    summary: str
    todo: str = ""
    kept: tuple[tuple[str, str], ...] = ()


def passed(summary: str) -> list[PreflightResult]:
    """One result that is good."""
    return [PreflightResult(level=OK, summary=summary)]


def warned(summary: str, todo: str) -> list[PreflightResult]:
    """One result that people must know. A run may still start."""
    return [PreflightResult(level=WARN, summary=summary, todo=todo)]


def blocked(summary: str, todo: str) -> list[PreflightResult]:
    """One result that stops a run from starting."""
    return [PreflightResult(level=FAIL, summary=summary, todo=todo)]


@dataclass(frozen=True, kw_only=True)
class PreflightContext:
    """What a check gets. `files` are the files of the release `ref`; only `late` checks get them.

    `seconds_for_advice` is how long a check may take at one place that can only warn: it must not make the others late.
    """

    tools: Tools
    ref: str
    seconds_for_advice: float = 2.0
    files: dict[str, str] = field(default_factory=dict)


class PreflightCheck(Protocol):
    """One check, which changes nothing. Equal checks run once.

    Checks with the same `place` ((sort, name), as in `StepBox.places`) run one after another. None of them runs if the
    place is unreachable. `late` checks wait until all others have ended.
    """

    @property
    def place(self) -> tuple[str, str]:
        """The place that is checked."""

    @property
    def late(self) -> bool:
        """Whether it needs the results of other checks."""

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Run the check. May raise the tools' errors, which count as failures."""
