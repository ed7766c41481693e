"""Facts of a drill: who takes part, that it began, and its surprise."""

from __future__ import annotations

from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class TakesPart(Fact):
    """Somebody agreed to take part in a drill. Nobody else is called in it."""

    kind: ClassVar[FactKind] = FactKind.TAKES_PART

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.person}"


@dataclass(frozen=True, kw_only=True)
class DrillBegun(Fact):
    """Somebody let the drill begin: every role has people who take part."""

    kind: ClassVar[FactKind] = FactKind.DRILL_BEGUN


@dataclass(frozen=True, kw_only=True)
class Surprise(Fact):
    """The drill has a surprise. `sealed` is its name, which only the record's key opens."""

    kind: ClassVar[FactKind] = FactKind.SURPRISE

    sealed: str = ""
