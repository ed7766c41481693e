"""What people do about queued starts: queue, start now, put off, drop, move."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands.queue.entry import PATIENCE, open_question, rank_at
from commands.queue.target import busy_with, queue_of
from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.permission_check import Matter, require_door, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.start.request import StartRequest
from commands.start.starter import Started, Starter
from commands.text.actors import actor_in_words, door_in_words
from state.errors import NotAllowed, Refused, TooLate
from state.events import EventKind, QueueLeft, QueueMoved, StartPutOff, StartQueued
from state.facts import Actor, Planned, PutOff, QueueMove, shortened
from state.frozen import dataclass
from state.records import NewEvent, Record, Run, RunState
from state.store import RecordStore

MOST = 10  # starts that wait for one target
FARTHEST = timedelta(days=14)  # how far ahead a start may be planned
SHORTEST_REASON = 3  # characters


def queue_start(starter: Starter, request: StartRequest, actor: Actor, planned: datetime | None = None) -> Run:
    """Queue a start: until its target is free, or until a time. Raises what `Starter.start` raises, but no preflight's.

    It is no run yet, and never begins by itself: people are asked when its moment has come.
    """
    store, now = starter.store, starter.now()
    page, row = starter.checked(request, actor)
    if planned and planned - now > FARTHEST:
        raise Refused(f"A start can be planned for at most {FARTHEST.days} days ahead.")
    _require_new(store, request.press)
    zone = ZoneInfo(page.runbook.time_zone)
    queued = StartQueued(
        title=page.title,
        ref=row["ref"],
        note=row["note"],
        target=page.runbook.target,
        person=actor.person,
        door=door_in_words(actor),
        behind=busy_with(store, page.runbook.target),
        planned=f"{planned.astimezone(zone):%a %d %b %H:%M}" if planned else "",
        window=window_closed(page, planned),
        press=request.press,
    )
    fact = Planned(by=actor, at=now, planned=planned.isoformat() if planned else "", because=request.because)
    return store.queue_run(row, fact, NewEvent(data=queued), most=MOST)


def window_closed(page: Page, planned: datetime | None) -> str:
    """That the page's window is not open at a time, in a sentence; empty if it is, or if the page has none."""
    if planned is None:
        return ""
    local = planned.astimezone(ZoneInfo(page.runbook.time_zone))
    return next((why for step in page.forward if (why := step.box.closed_at(local))), "")


def start_now(starter: Starter, run: Run, actor: Actor, because: str = "") -> Started:
    """Start a queued start about which people are asked. Raises Refused, also for what the preflight finds.

    The page as it is now starts, in the name of whoever queued it, who must still be allowed to. `because` is why to
    start it although something speaks against it; without it, what was said when it was queued. Raises NeedsReason.
    """
    store = starter.store
    record = waiting(store, run)
    if not open_question(record):
        raise TooLate(f"Nobody is asked about queued start {run.id} now. It is asked about when its turn comes.")
    page = starter.pages().get(run.page)
    if page is None:
        raise Refused(f"{run.page} does not exist any more, so queued start {run.id} cannot begin. Drop it.")
    if page.runbook.target != run.target:
        raise Refused(f"{run.page} deploys to {page.runbook.target} now and not to {run.target}. Drop this start.")
    require_may_answer(page, actor, starter.people(page))
    if changes := store.changes(run.id):
        raise Refused(f"The record of queued start {run.id} was changed from outside: {changes[0]}. Drop it.")
    request = StartRequest(
        page=run.page,
        ref=run.ref,
        notice_minutes=run.notice_minutes,
        note=run.note,
        because=because or (planned.because if (planned := record.newest(Planned)) else ""),
        because_by=actor if because else None,
        channel=run.channel,
        queued=run.id,
        confirmed_by=actor,
    )
    try:
        return starter.start(request, run.started_by)
    except NotAllowed as error:
        raise NotAllowed(f"{actor_in_words(run.started_by)} queued this and may not start it now. {error}") from None
    except TooLate:  # dropped, or begun by somebody else, while its hosts were looked at
        raise TooLate(settled(store, run.id)) from None


def put_off(store: RecordStore, run: Run, page: Page, people: People, actor: Actor, now: datetime) -> bool:
    """Ask about a start again in 15 minutes. False if that is so already. Raises Refused."""
    require_may_answer(page, actor, people)
    record = waiting(store, run)
    asked = open_question(record)
    if asked is None:
        return False
    until = now + PATIENCE
    fact = PutOff(by=actor, at=now, number=asked.number, until=until.isoformat())
    summary = f"People are asked again at {until.astimezone(ZoneInfo(page.runbook.time_zone)):%H:%M}."
    told = StartPutOff(person=actor.person, door=door_in_words(actor), summary=summary, until=until.isoformat())
    return store.add_fact(run.id, fact, NewEvent(data=told), only_in=(RunState.QUEUED,))


def drop(store: RecordStore, run: Run, actor: Actor, reason: str, now: datetime) -> bool:
    """Take a start out of its queue, which every member of the channel may. False if it is dropped already.

    Raises TooLate if it was started.
    """
    require_door(Act.DROP, actor)
    left = QueueLeft(person=actor.person, door=door_in_words(actor), reason=shortened(reason))
    try:
        return store.move_run(run.id, RunState.DROPPED, now, NewEvent(data=left))
    except TooLate:
        raise TooLate(settled(store, run.id)) from None


@dataclass(frozen=True, kw_only=True)
class NewPlace:
    """The place that a start is to get in its queue, counted from 1, and why."""

    place: int
    reason: str


def move(store: RecordStore, run: Run, page: Page, people: People, actor: Actor, to: NewPlace, now: datetime) -> int:
    """Give a start another place in its queue; returns the place that it gets. Raises Refused."""
    require_permission(Act.REORDER, actor, page, people, Matter(roles=roles_for(Act.REORDER, page)))
    if len(to.reason.strip()) < SHORTEST_REASON:
        raise Refused(
            "A change of the order needs a reason, in a few words after the place: "
            f"`queue move {run.id} {to.place} the hotfix goes first`."
        )
    record = waiting(store, run)
    rank, place = rank_at(queue_of(store, run.target), record, to.place)
    number = sum(isinstance(fact, QueueMove) for fact in record.facts) + 1
    fact = QueueMove(by=actor, at=now, number=number, rank=rank, reason=shortened(to.reason))
    told = QueueMoved(person=actor.person, door=door_in_words(actor), place=place, reason=fact.reason)
    if not store.add_fact(run.id, fact, NewEvent(data=told), only_in=(RunState.QUEUED,)):
        raise TooLate(f"Queued start {run.id} was moved or left the queue meanwhile. Look at the queue again.")
    return place


def require_may_answer(page: Page, actor: Actor, people: People) -> None:
    """Raise NotAllowed unless somebody may say that a queued start of the page begins now."""
    require_permission(Act.START_QUEUED, actor, page, people, Matter(roles=roles_for(Act.START_QUEUED, page)))


def waiting(store: RecordStore, run: Run) -> Record:
    """The record of a queued start that still waits. Raises TooLate if it does not."""
    record = store.record(run.id)
    if record.run.state != RunState.QUEUED:
        raise TooLate(settled(store, run.id))
    return record


def what_became(store: RecordStore, run: Run) -> QueueLeft | None:
    """How a queued start left its queue; None while it waits."""
    event = store.newest_event(run.id, EventKind.QUEUE_LEFT) if run.state != RunState.QUEUED else None
    return event.data if event and isinstance(event.data, QueueLeft) else None


def settled(store: RecordStore, number: int) -> str:
    """What has become of a queued start that does not wait any more, in a sentence."""
    left = what_became(store, store.run(number))
    if left and left.started:
        return f"Queued start {number} has started already, as run {left.started}."
    return f"Queued start {number} has left the queue already."


def _require_new(store: RecordStore, press: str) -> None:
    """Raise TooLate if this press has queued one of the newest starts: Slack may deliver it again."""
    for run in store.of_queue() if press else ():
        first = store.events(run.id, limit=1)
        if first and isinstance(first[0].data, StartQueued) and first[0].data.press == press:
            raise TooLate(f"You have queued this already: it is queued start {run.id}.")
