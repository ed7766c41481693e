"""Facts: what people (or the bot, on an alert) said to a run, one frozen value for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar


class FactKind(StrEnum):
    """The kinds of facts, by the words under which they are stored."""

    SIGNATURE = "sign"
    ANSWER = "answer"
    AGREEMENT = "second"
    EARLY_KEEP = "early keep"
    EARLY_KEEP_AGREEMENT = "early keep agreed"
    HOLD = "hold"
    RESUME = "resume"
    ROLLBACK = "rollback"
    KEEP = "keep"
    CLOSED = "end"
    NEXT_RUN = "next"
    COUNTDOWN = "countdown"
    ALERT_HOLD = "false alarm"
    COUNTDOWN_END = "recovered"


class Door(StrEnum):
    """Through which door somebody acted."""

    SLACK = "slack"
    TERMINAL = "terminal"
    BOT = "gonogo"


class Choice(StrEnum):
    """What a person may answer about an attempt that did not end well."""

    RETRY = "again"
    DONE = "done"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The person who acts (a Slack user id, or a name typed at the terminal) and the door."""

    person: str
    door: Door


# the bot itself, when it acts on an alert
BOT = Actor(person="gonogo", door=Door.BOT)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts: who said it, through which door, and when."""

    kind: ClassVar[FactKind]

    by: Actor
    at: datetime

    @property
    def person(self) -> str:
        """The person who said it."""
        return self.by.person

    @property
    def key(self) -> str:
        """The same for what can be said once only; the record takes the first of equal keys."""
        return self.kind.value


@dataclass(frozen=True, kw_only=True)
class _AboutAttempt(Fact):
    """Something said about one attempt at one step."""

    step: str
    attempt: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.step}:{self.attempt}"


@dataclass(frozen=True, kw_only=True)
class Signature(_AboutAttempt):
    """Somebody signed an attempt in a role, or refused to."""

    kind: ClassVar[FactKind] = FactKind.SIGNATURE

    role: str
    refused: bool = False
    reason: str = ""

    @property
    def key(self) -> str:
        return f"{super().key}:{self.role}"


@dataclass(frozen=True, kw_only=True)
class StepAnswer(_AboutAttempt):
    """Somebody said what to do about an attempt that did not end well."""

    kind: ClassVar[FactKind] = FactKind.ANSWER

    choice: Choice
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Agreement(_AboutAttempt):
    """A second person agreed to an answer."""

    kind: ClassVar[FactKind] = FactKind.AGREEMENT


@dataclass(frozen=True, kw_only=True)
class EarlyKeep(Fact):
    """Somebody decided KEEP before the watch was over; a second person must agree."""

    kind: ClassVar[FactKind] = FactKind.EARLY_KEEP

    reason: str


@dataclass(frozen=True, kw_only=True)
class EarlyKeepAgreement(Fact):
    """A second person agreed to an early KEEP."""

    kind: ClassVar[FactKind] = FactKind.EARLY_KEEP_AGREEMENT


@dataclass(frozen=True, kw_only=True)
class _Numbered(Fact):
    """Something that may be said again and again; `number` counts from 0."""

    number: int
    reason: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class Hold(_Numbered):
    """Somebody holds the run: no new step begins."""

    kind: ClassVar[FactKind] = FactKind.HOLD


@dataclass(frozen=True, kw_only=True)
class Resume(_Numbered):
    """Somebody lets a held run continue."""

    kind: ClassVar[FactKind] = FactKind.RESUME


@dataclass(frozen=True, kw_only=True)
class RollbackRequest(Fact):
    """Somebody, or the bot on an alert, asked for the rollback."""

    kind: ClassVar[FactKind] = FactKind.ROLLBACK

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Keep(Fact):
    """Somebody decided KEEP."""

    kind: ClassVar[FactKind] = FactKind.KEEP

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunClosed(Fact):
    """Somebody closed an abandoned run by hand."""

    kind: ClassVar[FactKind] = FactKind.CLOSED

    reason: str


@dataclass(frozen=True, kw_only=True)
class NextRun(Fact):
    """The page that KEEP starts was started, or could not be; either is tried once."""

    kind: ClassVar[FactKind] = FactKind.NEXT_RUN

    page: str


@dataclass(frozen=True, kw_only=True)
class _AboutCountdown(Fact):
    """Something about one countdown of one alert; `number` counts the alert's countdowns from 1."""

    alert: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.alert}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class CountdownStart(_AboutCountdown):
    """An alert began to count down to the rollback; `seen` is what was measured."""

    kind: ClassVar[FactKind] = FactKind.COUNTDOWN

    seen: str


@dataclass(frozen=True, kw_only=True)
class AlertHold(_AboutCountdown):
    """Somebody holds an alert as a false alarm; `lasts` is in the page's time."""

    kind: ClassVar[FactKind] = FactKind.ALERT_HOLD

    lasts: timedelta
    reason: str


@dataclass(frozen=True, kw_only=True)
class CountdownEnd(_AboutCountdown):
    """A countdown ended without a rollback, and why."""

    kind: ClassVar[FactKind] = FactKind.COUNTDOWN_END

    why: str


FACTS: dict[FactKind, type[Fact]] = {
    fact.kind: fact
    for fact in (
        Signature,
        StepAnswer,
        Agreement,
        EarlyKeep,
        EarlyKeepAgreement,
        Hold,
        Resume,
        RollbackRequest,
        Keep,
        RunClosed,
        NextRun,
        CountdownStart,
        AlertHold,
        CountdownEnd,
    )
}


LONGEST_REASON = 500  # characters


def shortened(reason: str) -> str:
    """A reason as it is kept: without space around it, its first 500 characters."""
    return reason.strip()[:LONGEST_REASON]
