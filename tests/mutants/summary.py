"""What a measurement says: the figures, and the mutants that no test noticed, each at its line."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# what mutmut writes of a mutant: the exit code of its tests, the signal that ended them, or a number of its own
SURVIVED, NO_TEST = 0, 33
NOTICED = {1, 2, 3}  # a test failed, could not be read, or broke pytest
TIMED_OUT = {-14, -24, -9}  # ended at the limit of a test's time, of all its tests' time, or of the processor's


@dataclass(frozen=True)
class Mutant:
    """One small change of the code, at a line, and what became of it."""

    file: str
    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    code: int | None

    @property
    def change(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """What a change is known by, also when its line moves."""
        return self.file, self.before, self.after

    @property
    def survived(self) -> bool:
        """Whether no test noticed it."""
        return self.code in {SURVIVED, NO_TEST}


@dataclass(frozen=True)
class Equivalent:
    """A change that cannot change what the code does, and why."""

    file: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    why: str

    @property
    def change(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """What a change is known by, also when its line moves."""
        return self.file, self.before, self.after


def read_equivalent(text: str) -> list[Equivalent]:
    """The entries of `equivalent.txt`; raises ValueError for one that lacks a part."""
    found = []
    for part in text.split("\n\n"):
        lines = [line for line in part.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        file, rest = lines[0].strip(), lines[1:]
        before, after = (tuple(line[1:].strip() for line in rest if line.startswith(sign)) for sign in "-+")
        why = " ".join(line.removeprefix("why:").strip() for line in rest if line[0] not in "-+")
        if not (file.endswith(".py") and (before or after) and why):
            raise ValueError(f"An equivalent mutant is a file, its lines with - and +, and why:\n{part}")
        found.append(Equivalent(file, before, after, why))
    return found


def summary(mutants: Sequence[Mutant], equivalent: Sequence[Equivalent], room: str) -> str:
    """The figures, and each survivor at its line."""
    same = {one.change for one in equivalent}
    left_out = [one for one in mutants if one.survived and one.change in same]
    counted = [one for one in mutants if one not in left_out]
    survived = [one for one in counted if one.survived]
    timed_out = [one for one in counted if one.code in TIMED_OUT]
    killed = [one for one in counted if one.code in NOTICED]
    unclear = [one for one in counted if one not in {*survived, *timed_out, *killed}]
    no_test = sum(one.code == NO_TEST for one in survived)
    share = 100 * (len(killed) + len(timed_out)) / max(len(counted) - len(unclear), 1)
    lines = [
        f"{room}: the mutants that no test noticed" if survived else f"{room}: the tests noticed every mutant",
        *_listed(survived),
        *(["", "Not known, for their tests ended in a strange way:", *_listed(unclear)] if unclear else []),
        *_stale(equivalent, left_out, room),
        "",
        f"mutants    {len(counted)}, and {len(left_out)} equivalent ones that are not counted",
        f"killed     {len(killed)}",
        f"survived   {len(survived)}, {no_test} of them where no test of the room comes by",
        f"timed out  {len(timed_out)}",
        *([f"not known  {len(unclear)}"] if unclear else []),
        f"share      {share:.1f} % killed or timed out",
    ]
    return "\n".join(lines)


def _listed(mutants: Iterable[Mutant]) -> Iterable[str]:
    """Each place once, with every change that was made there."""
    in_order = sorted(mutants, key=lambda one: (one.file, one.line, one.before))
    for (file, line, before), ones in itertools.groupby(in_order, key=lambda one: (one.file, one.line, one.before)):
        group = list(ones)
        yield ""
        yield f"{file}:{line}" + (" (no test comes by)" if group[0].code == NO_TEST else "")
        yield from (f"  - {text}" for text in before)
        for one in group:
            yield from (f"  + {text}" for text in one.after)


def _stale(equivalent: Iterable[Equivalent], left_out: Iterable[Mutant], room: str) -> Iterable[str]:
    used = {one.change for one in left_out}
    gone = [one for one in equivalent if one.file.startswith(f"{room}/") and one.change not in used]
    if gone:
        yield ""
        yield "Listed as equivalent, but no survivor (any more):"
        yield from (f"  {one.file}: {' '.join(one.after)}" for one in gone)
