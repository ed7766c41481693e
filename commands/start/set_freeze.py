"""Freezing and locking a target by hand, and lifting that again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.permission_check import Matter, require_door, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.start.freezes import state_of
from commands.text.actors import actor_in_words, command_of
from commands.text.durations import format_duration
from commands.text.moments import read_moment
from commands.text.typed import typed
from state.errors import NotAllowed, NothingRuns, Refused
from state.facts import Actor
from state.freezes import FreezeSort, KeptFreeze
from state.frozen import dataclass
from state.store import RecordStore

LOCK_LASTS = timedelta(hours=12)  # unless it is said until when
LONGEST = timedelta(days=90)
_ACTS = {FreezeSort.FREEZE: Act.FREEZE, FreezeSort.LOCK: Act.LOCK}
_EXAMPLES = {
    FreezeSort.FREEZE: "freeze {page} until mon 09:00 the big sale",
    FreezeSort.LOCK: "lock {page} until 23:30 I measure the API",
}
PageWithPeople = tuple[Page, People]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was stored, and why it was not done for the other pages."""

    entries: list[KeptFreeze]
    refused: list[Refused]


def set_freeze(store: RecordStore, pages: Sequence[PageWithPeople], actor: Actor, sort: FreezeSort, words: str) -> Done:
    """Freeze or lock the targets of pages: `words` are “until WHEN WHY”, or for a lock also only why.

    Where it could be done for none: raises NotAllowed, and Refused for a time that is none, past, ambiguous or too far
    ahead, and without a reason.
    """
    now = store.now()
    return _stored(store, pages, lambda page, people: [_wanted(page, people, actor, sort, words, now)])


def _wanted(page: Page, people: People, actor: Actor, sort: FreezeSort, words: str, now: datetime) -> KeptFreeze:
    act, target = _ACTS[sort], page.runbook.target
    require_permission(act, actor, page, people, Matter(roles=roles_for(act, page), title=target))
    example = f"For example: `{command_of(actor)} {_EXAMPLES[sort].format(page=page.name)}`."
    if (until := _until(words, ZoneInfo(page.runbook.time_zone), now, sort)) is None:
        raise Refused(f"Say until when, and why. {example}")
    ends, why = until
    if not why:
        raise Refused(f"Say why {target} is to be {state_of(sort)}: whoever wants to start reads it. {example}")
    if ends - now > LONGEST:
        raise Refused(f"It may last {format_duration(LONGEST)} at most; write what is planned longer into the page.")
    return KeptFreeze(sort=sort, target=target, by=actor, at=now, ends=ends, reason=typed(why))


def _until(words: str, zone: ZoneInfo, now: datetime, sort: FreezeSort) -> tuple[datetime, str] | None:
    """When it ends, and why it is set; None where the words do not say until when, and must."""
    first, _, rest = words.strip().partition(" ")
    if first.lower() == "until" and rest.strip():
        moment = read_moment(rest, zone, now)
        return moment.at, moment.rest
    if sort is FreezeSort.LOCK and first.lower() != "until":
        return now + LOCK_LASTS, words.strip()
    return None


def lift(store: RecordStore, pages: Sequence[PageWithPeople], actor: Actor, sort: FreezeSort) -> Done:
    """Lift every freeze, or every lock, of the pages' targets that this person may lift.

    Its owner may, and the deciding role. Raises NothingRuns if there is none, NotAllowed if they may lift none.
    """
    now = store.now()
    return _stored(store, pages, lambda page, people: _lifts(store, page, people, actor, sort, now))


def _lifts(
    store: RecordStore, page: Page, people: People, actor: Actor, sort: FreezeSort, now: datetime
) -> list[KeptFreeze]:
    """The lifts for one page. Raises NothingRuns, NotAllowed."""
    target = page.runbook.target
    require_door(Act.LIFT, actor, target)
    on = [one for one in store.freezes(now) if one.sort is sort and one.target == target]
    if not on:
        others = " A freeze of the page or of a file ends by itself." if sort is FreezeSort.FREEZE else ""
        raise NothingRuns(f"{target} is not {state_of(sort)} by anybody.{others}")
    refusals = [_why_not_lifted(one, page, people, actor) for one in on]
    if all(refusals):
        raise next(filter(None, refusals))
    return [
        KeptFreeze(sort=FreezeSort.LIFT, target=target, by=actor, at=now, ends=now, reason="", lifts=one.number)
        for one, refusal in zip(on, refusals, strict=True)
        if refusal is None
    ]


def _stored(
    store: RecordStore,
    pages: Sequence[PageWithPeople],
    entries: Callable[[Page, People], list[KeptFreeze]],
) -> Done:
    """Store in one transaction what may be done. Raises Refused where nothing may."""
    wanted: list[KeptFreeze] = []
    refused: list[Refused] = []
    for page, people in pages:
        try:
            wanted += entries(page, people)
        except Refused as error:
            refused.append(error)
    # that a target has nothing to lift says less than why another one may not be lifted
    telling = [error for error in refused if not isinstance(error, NothingRuns)]
    if not wanted:
        raise (telling or refused)[0]
    stored = store.add_freezes(wanted)
    if not stored:
        raise NothingRuns("Somebody else lifted it at the same moment.")
    return Done(entries=stored, refused=telling)


def _why_not_lifted(freeze: KeptFreeze, page: Page, people: People, actor: Actor) -> NotAllowed | None:
    if actor.person == freeze.by.person:  # two people may share one system user
        return None
    try:
        matter = Matter(roles=roles_for(Act.LIFT, page), title=page.runbook.target)
        require_permission(Act.LIFT, actor, page, people, matter)
    except NotAllowed as error:
        return NotAllowed(f"{error} {actor_in_words(freeze.by)} set it and may too.")
    return None
