"""What people froze, locked and lifted, in sentences: the same of several targets is told once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from commands.start.freezes import mark_of, of_kept
from state.freezes import FreezeSort, KeptFreeze
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class FreezeNews:
    """What somebody did at one moment: the entries of the log, and the freezes or locks that they set or lifted."""

    entries: tuple[KeptFreeze, ...]
    freezes: tuple[KeptFreeze, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets, each once."""
        return tuple(dict.fromkeys(one.target for one in self.entries))

    def sentence(self, zone: ZoneInfo) -> str:
        """Who did what, until when, and why."""
        freeze = of_kept(self.freezes[0])
        if self._lifts:
            return freeze.lifted(self.targets, self.entries[0].by, zone)
        return freeze.of_all(self.targets, zone)

    def brief(self, zone: ZoneInfo) -> str:
        """What is so now, without names and reasons."""
        freeze = of_kept(self.freezes[0])
        return freeze.no_longer(self.targets) if self._lifts else freeze.brief(self.targets, zone)

    @property
    def effect(self) -> str:
        """What a freeze or lock means for whoever wants to start; empty once it is lifted."""
        if self._lifts:
            return ""
        others = " by anybody else" if self.entries[0].sort is FreezeSort.LOCK else ""
        return f"Until then a start{others} needs a reason and a second person; rolling back needs neither."

    @property
    def mark(self) -> str:
        """The emoji before it."""
        return mark_of(self.entries[0].sort)

    @property
    def _lifts(self) -> bool:
        return self.entries[0].sort is FreezeSort.LIFT


def news_of(log: Sequence[KeptFreeze], wanted: Collection[int]) -> list[FreezeNews]:
    """The news in the `wanted` entries of the whole log, oldest first."""
    known = {one.number: one for one in log}

    def about(one: KeptFreeze) -> KeptFreeze:
        return known.get(one.lifts, one)

    def same(one: KeptFreeze) -> tuple[object, ...]:
        freeze = about(one)
        return one.sort, one.by, one.at, freeze.by, freeze.ends, freeze.reason

    groups = [tuple(group) for _, group in groupby((one for one in log if one.number in wanted), same)]
    return [FreezeNews(entries=group, freezes=tuple(about(one) for one in group)) for group in groups]
