"""Facts about a queued start: when it may begin, when people were asked, and who changed that."""

from __future__ import annotations

from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Planned(Fact):
    """Somebody queued a start. `planned` is its time in ISO 8601 with an offset; empty: as soon as it is its turn.

    `because` is why to start it although something speaks against it, if anybody said so already.
    """

    kind: ClassVar[FactKind] = FactKind.PLANNED

    planned: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class StartQuestion(Fact):
    """The bot asked whether a queued start may begin now; `number` counts the questions from 1."""

    kind: ClassVar[FactKind] = FactKind.START_QUESTION

    number: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class PutOff(Fact):
    """A question is over without a start: it is asked again at `until` (ISO 8601) at the earliest.

    Somebody asked for that, or the bot wrote it because the target was not free any more.
    """

    kind: ClassVar[FactKind] = FactKind.PUT_OFF

    number: int
    until: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class QueueMove(Fact):
    """Somebody gave a queued start another place: the queue is in the order of `rank`, at first the start's number."""

    kind: ClassVar[FactKind] = FactKind.QUEUE_MOVE

    number: int
    rank: float
    reason: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"
