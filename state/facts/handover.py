"""Facts about handing over a role for one run: the offer, and how it ended."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


class HandoverResult(StrEnum):
    """How an offer ended."""

    TAKEN = "taken over"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class HandoverOffer(Fact):
    """Somebody offered their place in a role to another person (`to`), for this run.

    `number` counts the offers of the run from 1. `press` identifies the press that made it (see `Press.id`).
    """

    kind: ClassVar[FactKind] = FactKind.HANDOVER_OFFER

    number: int
    role: str
    to: str
    reason: str = ""
    press: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class HandoverEnd(Fact):
    """An offer ended. Of several answers the first counts: its key is the offer's."""

    kind: ClassVar[FactKind] = FactKind.HANDOVER_END

    number: int
    result: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"
