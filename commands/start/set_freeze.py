"""Freezing and locking a target by hand, and lifting that again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.permission_check import Matter, require_door, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.text.actors import actor_in_words
from commands.text.durations import format_duration
from commands.text.moments import read_moment
from commands.text.typed import typed
from state.errors import NotAllowed, NothingRuns, Refused
from state.facts import Actor
from state.freezes import FreezeSort, KeptFreeze
from state.store import RecordStore

LOCK_LASTS = timedelta(hours=12)  # unless it is said until when
LONGEST = timedelta(days=90)
_ACTS = {FreezeSort.FREEZE: Act.FREEZE, FreezeSort.LOCK: Act.LOCK}
_DONE = {FreezeSort.FREEZE: "frozen", FreezeSort.LOCK: "locked"}


def set_freeze(
    store: RecordStore, page: Page, people: People, actor: Actor, sort: FreezeSort, words: str
) -> KeptFreeze:
    """Freeze or lock a page's target: `words` are “until WHEN WHY”, or for a lock also only why.

    Raises NotAllowed, and Refused for a time that is none, past, ambiguous or too far ahead, and without a reason.
    """
    act = _ACTS[sort]
    require_permission(act, actor, page, people, Matter(roles=roles_for(act, page), title=page.runbook.target))
    now = store.now()
    ends, why = _until(words, ZoneInfo(page.runbook.time_zone), now, sort)
    if not why:
        raise Refused(f"Say why {page.runbook.target} is to be {_DONE[sort]}: whoever wants to start reads it.")
    if ends - now > LONGEST:
        raise Refused(f"It may last {format_duration(LONGEST)} at most; write what is planned longer into the page.")
    kept = KeptFreeze(sort=sort, target=page.runbook.target, by=actor, at=now, ends=ends, reason=typed(why))
    return replace(kept, number=store.add_freeze(kept))


def _until(words: str, zone: ZoneInfo, now: datetime, sort: FreezeSort) -> tuple[datetime, str]:
    """When it ends, and why it is set."""
    first, _, rest = words.strip().partition(" ")
    if first.lower() == "until":
        moment = read_moment(rest, zone, now)
        return moment.at, moment.rest
    if sort is FreezeSort.LOCK:
        return now + LOCK_LASTS, words.strip()
    raise Refused("Say until when, and why: freeze until mon 09:00 the big sale.")


def lift(store: RecordStore, page: Page, people: People, actor: Actor, sort: FreezeSort) -> list[KeptFreeze]:
    """Lift every freeze, or every lock, of a page's target that this person may lift; returns them.

    Its owner may, and the deciding role. Raises NothingRuns if there is none, NotAllowed if they may lift none.
    """
    require_door(Act.LIFT, actor, page.runbook.target)
    now = store.now()
    on = [one for one in store.freezes(now) if one.sort is sort and one.target == page.runbook.target]
    if not on:
        others = " A freeze of the page or of a file ends by itself." if sort is FreezeSort.FREEZE else ""
        raise NothingRuns(f"{page.runbook.target} is not {_DONE[sort]} by anybody.{others}")
    refusal: NotAllowed | None = None
    lifted = []
    for one in on:
        try:
            if actor.person != one.by.person:  # two people may share one system user
                matter = Matter(roles=roles_for(Act.LIFT, page), title=page.runbook.target)
                require_permission(Act.LIFT, actor, page, people, matter)
        except NotAllowed as error:
            refusal = NotAllowed(f"{error} {actor_in_words(one.by)} set it and may too.")
            continue
        store.add_freeze(
            KeptFreeze(sort=FreezeSort.LIFT, target=one.target, by=actor, at=now, ends=now, reason="", lifts=one.number)
        )
        lifted.append(one)
    if refusal and not lifted:
        raise refusal
    return lifted
