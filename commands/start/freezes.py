"""The freezes and locks that are on for a page now, and how they speak against a start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands.runbook.freeze import FreezeField
from commands.runbook.page import Page
from commands.runbook.people import People, roles_of
from commands.start.objections import Considered, Intent, Objection, ObjectionSort, Objector
from commands.text.actors import actor_in_words
from commands.text.phrases import joined
from commands.text.typed import one_line
from state.errors import Refused
from state.facts import Actor
from state.freezes import FreezeSort, KeptFreeze
from state.frozen import dataclass
from state.store import RecordStore

UNKNOWN = "is on is not known"
_A_DAY = timedelta(days=1)  # no zone is farther from UTC


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """A freeze or a lock that is on. `ends` is None where nobody knows. `by` owns it; None for one in a text.

    `owner` says whose it is, in words. `roles` are those of which somebody must agree; empty for any role.
    `unknown` says why it cannot be known whether a freeze is on; then nothing else counts. `note` is a sentence on
    where the freezes come from, and no freeze.
    """

    target: str
    sort: FreezeSort = FreezeSort.FREEZE
    owner: str = ""
    why: str = ""
    ends: datetime | None = None
    by: Actor | None = None
    roles: tuple[str, ...] = ()
    unknown: str = ""
    note: str = ""

    def sentence(self, zone: ZoneInfo) -> str:
        """What is on, until when, by whom and why."""
        if self.note:
            return self.note
        if self.unknown:
            return f"Whether a freeze of {self.target} {UNKNOWN}: {self.unknown}"
        return self.of_all((self.target,), zone)

    def of_all(self, targets: Sequence[str], zone: ZoneInfo) -> str:
        """The same of several targets that were frozen or locked together."""
        return f"{self.brief(targets, zone)} by {self.owner}: {one_line(self.why)}."

    def brief(self, targets: Sequence[str], zone: ZoneInfo) -> str:
        """What is on and until when."""
        return f"{_are(targets)} {self._state(zone)}"

    def lifted(self, targets: Sequence[str], by: Actor, zone: ZoneInfo) -> str:
        """That somebody has lifted it, and what it was."""
        was = "It was" if len(set(targets)) == 1 else "They were"
        before = f"{was} {self._state(zone)} by {self.owner}: {one_line(self.why)}."
        return f"{self.no_longer(targets)}, lifted by {actor_in_words(by)}. {before}"

    def no_longer(self, targets: Sequence[str]) -> str:
        """That it is over."""
        return f"{_are(targets)} no longer {state_of(self.sort)}"

    def _state(self, zone: ZoneInfo) -> str:
        until = f" until {self.ends.astimezone(zone):%a %d %b %H:%M}" if self.ends else ""
        return f"{state_of(self.sort)}{until}"


def state_of(sort: FreezeSort) -> str:
    """What a target is then, in a word."""
    return "locked" if sort is FreezeSort.LOCK else "frozen"


def mark_of(sort: FreezeSort) -> str:
    """The emoji before a sentence about it."""
    return {FreezeSort.FREEZE: "❄️", FreezeSort.LOCK: "🔒", FreezeSort.LIFT: "🔓"}[sort]


def _are(targets: Sequence[str]) -> str:
    names = list(dict.fromkeys(targets))
    return f"{joined(names)} {'is' if len(names) == 1 else 'are'}"


# gives what is on for a page at a moment
FreezeSource = Callable[[Page, datetime], Iterable[Freeze]]


def freezes_of_page(page: Page, now: datetime) -> Iterator[Freeze]:
    """Those that the page itself names."""
    yield from spans_on(page, page.runbook.freeze, now, f"the page {page.name}")


def spans_on(page: Page, fields: Iterable[FreezeField], now: datetime, owner: str) -> Iterator[Freeze]:
    """Those of the fields that are on. Raises Refused for roles of which the page has none: nobody could agree.

    Of one whose hour the page's zone has twice or not at all it is not known, from a day before it to a day after it.
    """
    for field in fields:
        begins, ends = field.span(ZoneInfo("UTC"))
        if not begins - _A_DAY <= now < ends + _A_DAY:
            continue
        try:
            begins, ends = field.span(ZoneInfo(page.runbook.time_zone))
        except Refused as error:
            yield Freeze(target=page.runbook.target, unknown=f"{owner}: {error}")
            continue
        if begins <= now < ends:
            yield freeze_on(page, owner, field.why, ends, field.may_override)


def freeze_on(page: Page, owner: str, why: str, ends: datetime, may_override: Sequence[str]) -> Freeze:
    """One that is on. Raises Refused if the page has none of the roles that may override it: nobody could agree."""
    roles = tuple(role for role in may_override if role in page.roles)
    if may_override and not roles:
        raise Refused(
            f"{page.runbook.target} is frozen until {ends.astimezone(ZoneInfo(page.runbook.time_zone)):%a %d %b %H:%M} "
            f"by {owner}: {one_line(why)}. Only {' or '.join(may_override)} may override it, and {page.name} has "
            "no such role."
        )
    return Freeze(target=page.runbook.target, owner=owner, why=why, ends=ends, roles=roles)


def freezes_of_record(store: RecordStore) -> FreezeSource:
    """Those that people have set."""
    return lambda page, now: [of_kept(one) for one in store.freezes(now) if one.target == page.runbook.target]


def of_kept(kept: KeptFreeze) -> Freeze:
    """One that somebody has set."""
    return Freeze(
        target=kept.target,
        sort=kept.sort,
        owner=actor_in_words(kept.by),
        why=kept.reason,
        ends=kept.ends,
        by=kept.by,
    )


def freezes_on(sources: Sequence[FreezeSource], page: Page, now: datetime) -> list[Freeze]:
    """What is on for a page, from every source."""
    return [freeze for source in sources for freeze in source(page, now)]


def freeze_objector(sources: Sequence[FreezeSource], people: Callable[[Page], People]) -> Objector:
    """Finds the freezes, and the locks of others. Whoever owns a lock may start, and so may the deciding role."""

    def object_to(intent: Intent) -> Considered:
        page, found, notes = intent.page, [], []
        zone = ZoneInfo(page.runbook.time_zone)
        decides = page.decision.role in roles_of(intent.actor.person, people(page))
        for freeze in freezes_on(sources, page, intent.at):
            sentence = freeze.sentence(zone)
            if freeze.note:
                notes.append(sentence)
            elif freeze.sort is not FreezeSort.LOCK:
                found.append(Objection(sort=ObjectionSort.FREEZE, summary=sentence, roles=freeze.roles))
            elif freeze.by is None or not (intent.actor.person == freeze.by.person or decides):
                found.append(Objection(sort=ObjectionSort.LOCK, summary=sentence))
            else:
                notes.append(sentence)
        return Considered(objections=tuple(found), notes=tuple(notes))

    return object_to
