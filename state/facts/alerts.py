"""Facts about an alert's countdown to the rollback: its start, its hold, its end."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class _AboutCountdown(Fact):
    """A fact about one countdown of one alert; `number` counts the alert's countdowns from 1."""

    alert: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.alert}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class CountdownStart(_AboutCountdown):
    """An alert began to count down to the rollback; `seen` is the measured value in words."""

    kind: ClassVar[FactKind] = FactKind.COUNTDOWN

    seen: str


@dataclass(frozen=True, kw_only=True)
class AlertHold(_AboutCountdown):
    """Somebody held an alert as a false alarm; `lasts` is in the page's time (see `Run.speed`)."""

    kind: ClassVar[FactKind] = FactKind.ALERT_HOLD

    lasts: timedelta
    reason: str


@dataclass(frozen=True, kw_only=True)
class CountdownEnd(_AboutCountdown):
    """A countdown ended without a rollback; `why` says why."""

    kind: ClassVar[FactKind] = FactKind.COUNTDOWN_END

    why: str
