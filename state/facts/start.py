"""Facts about the start of a run: what spoke against it, and who agreed to it all the same."""

from __future__ import annotations

from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class StartObjection(Fact):
    """Something spoke against the start, and somebody started the run all the same, for the same `reason` as all.

    `number` counts the objections of the run from 0. `sort` is what it is ("freeze"), `summary` the sentence about it.
    `roles` are those of which somebody must agree; empty for every role of the page.
    """

    kind: ClassVar[FactKind] = FactKind.START_OBJECTION

    number: int
    sort: str
    summary: str
    reason: str
    roles: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class StartAgreement(Fact):
    """A second person agreed to the start. `covers` are the numbers of the objections that they may agree about."""

    kind: ClassVar[FactKind] = FactKind.START_AGREEMENT

    covers: tuple[int, ...]

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.person}"
