"""Events about the whole run: its start, state, status posts, rollback budget, clock."""

from __future__ import annotations

from typing import ClassVar

from state.events.base import EventData, EventKind, PersonActed
from state.frozen import dataclass

_APART = "\x1f"


@dataclass(frozen=True, kw_only=True)
class RunStarted(PersonActed):
    """A person started a run. `warnings` are those of the preflight, which do not forbid the start.

    `press` is what Slack gave the command or form; it is empty for the terminal and for a run that KEEP started.
    `found` is what the preflight found and the run compares with later, each as `found_pair` writes it. `follows`
    is the run whose KEEP started this one, or 0. `objections` is what spoke against the start, one sentence each,
    and `reason` why it was started all the same. `queued` is the queued start that became this run, or 0, and
    `confirmed_by` who said that it begins now; `confirmed_door` says where, as `door`. `undrilled` are the titles
    of the roles in which nobody had drilled the page lately.
    """

    kind: ClassVar[EventKind] = EventKind.STARTED

    title: str = ""
    ref: str = ""
    note: str = ""
    target: str = ""
    warnings: tuple[str, ...] = ()
    press: str = ""
    found: tuple[str, ...] = ()
    follows: int = 0
    objections: tuple[str, ...] = ()
    reason: str = ""
    queued: int = 0
    confirmed_by: str = ""
    confirmed_door: str = ""
    undrilled: tuple[str, ...] = ()

    def found_by_name(self) -> dict[str, str]:
        """The texts of `found`, by name. An earlier version wrote "name=text", where a text has no "="."""
        pairs = (pair.partition(_APART) if _APART in pair else pair.rpartition("=") for pair in self.found)
        return {name: text for name, _, text in pairs}


def found_pair(name: str, text: str) -> str:
    """One of `RunStarted.found`; both may hold any printable letter."""
    return f"{name}{_APART}{text}"


@dataclass(frozen=True, kw_only=True)
class RunMoved(PersonActed):
    """The run moved to another state; somebody acted where it was closed by hand.

    `clock` (T+) and `since_rollback` are durations in words. `lost` is what the rollback lost, and `left` what an
    abandoned run left on production. `not_undone` is what the run changed and no step of the page's rollback undoes,
    one sentence each.
    `compared` is what was looked at on what serves now and found as it should be, in a few words each;
    `not_compared` are the titles of changing steps after which nothing was looked at.

    After a rollback, `watch` (a duration in words) says that production is watched from now on; the run goes on for
    that time. With `watched`, this watch is over: of `checks` those in `not_well` were not ok, with a sentence each,
    and of those in `not_judged` nothing was known at its end (no sample, or too little data to judge by).
    A `person` ended it early by starting the next run.
    """

    kind: ClassVar[EventKind] = EventKind.RUN_MOVED

    state: str = ""
    clock: str = ""
    since_rollback: str = ""
    reason: str = ""
    not_restored: tuple[str, ...] = ()
    lost: str = ""
    not_undone: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    watch: str = ""
    watched: bool = False
    checks: int = 0
    not_well: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NextRunReported(EventData):
    """Whether the run that follows KEEP was started; `summary` says how that went.

    `started` is the new run's number. It is 0 if none began: `why` says why, and `command` is what starts it by hand.
    `channel` is where the new run is posted, and `starter` who started the first one.
    """

    kind: ClassVar[EventKind] = EventKind.NEXT_RUN

    summary: str = ""
    page: str = ""
    started: int = 0
    why: str = ""
    channel: str = ""
    command: str = ""
    starter: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StatusDue(EventData):
    """A status post is due. `late` is its delay in words, empty if it is on time."""

    kind: ClassVar[EventKind] = EventKind.STATUS_DUE

    slot: int = 0
    late: str = ""


@dataclass(frozen=True, kw_only=True)
class RollbackBudget(EventData):
    """`mark` percent of the rollback's time budget is used.

    `within` is the budget and `ran` the time used, in words. `doing` is what the rollback is doing, one line each, and
    `left` are the titles of its unfinished steps.
    """

    kind: ClassVar[EventKind] = EventKind.ROLLBACK_BUDGET

    mark: int = 0
    within: str = ""
    ran: str = ""
    doing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClockJumped(EventData):
    """The clock of the bot's machine jumped; `summary` says by how much."""

    kind: ClassVar[EventKind] = EventKind.CLOCK_JUMPED

    title: str = "Clock"
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordChanged(EventData):
    """Somebody changed the run's record from outside. `summary` is the first change, of `number` in all.

    `held` says whether the run waits for people now. With `refused` the bot carries out nothing of the run at all.
    `findings` are the names of the changes (`Change.finding`), which a later start of the bot does not tell again.
    """

    kind: ClassVar[EventKind] = EventKind.RECORD_CHANGED

    title: str = "Record"
    summary: str = ""
    number: int = 1
    held: bool = False
    refused: bool = False
    roles: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EnvironmentChanged(EventData):
    """At a start of the bot, its environment leads to other places than when the run started.

    `summary` says which, or that they are as before again (`restored`). `waits`: the run waits until it is resumed;
    a rollback does not wait.
    """

    kind: ClassVar[EventKind] = EventKind.ENVIRONMENT_CHANGED

    title: str = "Environment"
    summary: str = ""
    restored: bool = False
    waits: bool = False
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedWaits(EventData):
    """Another program that should be told of runs takes nothing, for a while already.

    `what` waits, like "events"; `name` says where that program is set, and `why` what it answers.
    """

    kind: ClassVar[EventKind] = EventKind.FEED_WAITS

    what: str = ""
    name: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class MirrorRead(EventData):
    """The record was away, and what happened meanwhile was read from the run's mirror: all that is told after this.

    `entries` of the mirror's journal were new, the last of them with this `hash`.
    """

    kind: ClassVar[EventKind] = EventKind.MIRROR_READ

    title: str = "Record"
    summary: str = "the record was away; what happened at the terminal meanwhile was read from the run's mirror"
    entries: int = 0
    hash: str = ""
