"""What this process does with its runs, for who watches it: numbers, and which loops turn."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from commands.runbook.page import Part
from state.records import AttemptState


@dataclass
class _Loop:
    """The loop of one run: when it last came round, by the monotonic clock, and whether it ever did."""

    at: float = field(default_factory=time.monotonic)
    turned: bool = False
    taken_over: bool = False


class Vitals:
    """Written by the engine and its runs where things happen, read by other threads.

    A loop says that it came round only where it did its work: one that fails each time is silent, too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine_at = time.monotonic()
        self._runs: dict[int, _Loop] = {}
        self._left_out: frozenset[int] = frozenset()
        self._begun: Counter[Part] = Counter()
        self._ended: Counter[tuple[Part, AttemptState]] = Counter()
        self._takeovers = 0

    # -- written --------------------------------------------------------------------------------------------------

    def engine_turned(self, known: Collection[int], left_out: Collection[int]) -> None:
        """The engine has seen to every run: those that are not `known` are over, the `left_out` it cannot carry out."""
        with self._lock:
            self._engine_at, self._left_out = time.monotonic(), frozenset(left_out)
            self._runs = {run: loop for run, loop in self._runs.items() if run in known}

    def carries(self, run: int) -> None:
        """A run is carried out from now on. One that was carried out already stays as silent as it is."""
        with self._lock:
            if run not in self._runs:
                self._runs[run] = _Loop()
                self._engine_at = time.monotonic()  # its first pass takes long where there are many runs

    def took_over(self, run: int) -> None:
        """Something of the run had begun before this process carried it out. Counted once until it `leaves` the run."""
        with self._lock:
            loop = self._runs.setdefault(run, _Loop())
            self._takeovers += not loop.taken_over
            loop.taken_over = True

    def turned(self, run: int) -> None:
        """The loop of a run has come round."""
        with self._lock:
            if loop := self._runs.get(run):
                loop.at, loop.turned, loop.taken_over = time.monotonic(), True, True

    def leaves(self, run: int) -> None:
        """A run is over, or another process has it: the silence of its loop says nothing any more."""
        with self._lock:
            self._runs.pop(run, None)

    def step_began(self, part: Part) -> None:
        """An attempt at a step has begun."""
        with self._lock:
            self._begun[part] += 1

    def step_ended(self, part: Part, state: AttemptState) -> None:
        """An attempt at a step has ended, and that is written."""
        with self._lock:
            self._ended[part, state] += 1

    # -- read -----------------------------------------------------------------------------------------------------

    @property
    def silent_for(self) -> float:
        """For how many seconds the engine's loop, or that of a run, has not come round: the longest of them."""
        with self._lock:
            return time.monotonic() - min([self._engine_at, *(loop.at for loop in self._runs.values())])

    @property
    def carried(self) -> int:
        """How many runs this process carries out."""
        with self._lock:
            return len(self._runs)

    @property
    def left_out(self) -> int:
        """How many active runs it cannot carry out."""
        with self._lock:
            return len(self._left_out)

    @property
    def carries_all(self) -> bool:
        """Whether it carries out a run, each loop of a run has come round at least once, and no run is left out."""
        with self._lock:
            loops = self._runs.values()
            return bool(loops) and all(loop.turned for loop in loops) and not self._left_out

    @property
    def takeovers(self) -> int:
        """How many runs it went on with that an earlier process, or another bot, had begun."""
        with self._lock:
            return self._takeovers

    @property
    def steps_begun(self) -> Counter[Part]:
        """The attempts at steps that it began, by the step's part of the page."""
        with self._lock:
            return self._begun.copy()

    @property
    def steps_ended(self) -> Counter[tuple[Part, AttemptState]]:
        """The attempts at steps whose end it wrote, by the step's part of the page and their state."""
        with self._lock:
            return self._ended.copy()
