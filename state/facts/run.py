"""Facts about the whole run: holds, the rollback request, KEEP, its end, and the next run."""

from __future__ import annotations

from typing import ClassVar

from state.facts.base import Fact, FactKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class _Numbered(Fact):
    """A fact that a run may have many times; `number` counts them from 0.

    `press` identifies the press that made it (see `Press.id`): a press that is delivered again makes no second fact.
    It is empty for a fact from the terminal.
    """

    number: int
    reason: str = ""
    press: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class Hold(_Numbered):
    """Somebody put the run on hold: no new step begins."""

    kind: ClassVar[FactKind] = FactKind.HOLD


@dataclass(frozen=True, kw_only=True)
class EnvironmentHold(Hold):
    """The bot found that the places of the run have changed: no new step begins, also in the watch.

    `reason` says what changed. `places` are the fingerprints found, as in `Run.places`.
    """

    kind: ClassVar[FactKind] = FactKind.ENVIRONMENT

    places: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resume(_Numbered):
    """Somebody resumed a run that was on hold."""

    kind: ClassVar[FactKind] = FactKind.RESUME


@dataclass(frozen=True, kw_only=True)
class RollbackRequest(Fact):
    """Somebody, or the bot on an alert, requested the rollback."""

    kind: ClassVar[FactKind] = FactKind.ROLLBACK

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Keep(Fact):
    """Somebody decided KEEP."""

    kind: ClassVar[FactKind] = FactKind.KEEP

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class EarlyKeep(Fact):
    """Somebody decided KEEP before the watch was over; a second person must agree.

    `number` counts the earlier ones that have lapsed.
    """

    kind: ClassVar[FactKind] = FactKind.EARLY_KEEP

    reason: str
    number: int = 0

    @property
    def key(self) -> str:
        return f"{super().key}:{self.number}" if self.number else super().key


@dataclass(frozen=True, kw_only=True)
class EarlyKeepAgreement(Fact):
    """A second person agreed to an early KEEP."""

    kind: ClassVar[FactKind] = FactKind.EARLY_KEEP_AGREEMENT


@dataclass(frozen=True, kw_only=True)
class RunClosed(Fact):
    """Somebody closed an abandoned run by hand."""

    kind: ClassVar[FactKind] = FactKind.CLOSED

    reason: str


@dataclass(frozen=True, kw_only=True)
class Note(Fact):
    """Somebody put a line into the report. It decides nothing.

    `link` leads to the message that it is about, and `author` is who wrote that; both may be empty. `form` identifies
    the form that was submitted: one that is delivered again makes no second note.
    """

    kind: ClassVar[FactKind] = FactKind.NOTE

    text: str
    link: str = ""
    author: str = ""
    form: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.form}"


@dataclass(frozen=True, kw_only=True)
class NextRun(Fact):
    """The run of `page`, which follows KEEP, was started or could not be started. It is tried once.

    `started` is its number; 0 if it could not be started, and where an earlier version wrote this.
    """

    kind: ClassVar[FactKind] = FactKind.NEXT_RUN

    page: str
    started: int = 0
