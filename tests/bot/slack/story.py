"""A whole run with every kind of event in it, told in any words, and every view drawn of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.messages import draw, plainly
from bot.slack.views.snapshot import Snapshot
from commands.rollback import request as rollback
from commands.runbook import Page
from commands.runbook.page import CriteriaBox, Criterion
from commands.steps.outcome import done, failed, unknown
from state.facts import Actor, Choice, Door
from state.records import Event, NewEvent, Run, RunState
from state.sqlite.store import Store
from tests.bot.slack.box import DBA, HOLDERS, LEAD, PAGE, STARTER, Ledger, deps_of
from tests.pages import event, payload

DEPLOY, HEALTH, CHECK, BACK = "put-the-code-there", "health", "response-time", "put-the-old-code-back"


def page_in(words: str) -> Page:
    """The small page with these words wherever a page's author may write."""
    criteria = CriteriaBox(go=[Criterion(text=words, shown_by=[HEALTH]), Criterion(text=words)] * 4)
    return replace(
        PAGE,
        title=words,
        steps=tuple(replace(step, title=words) for step in PAGE.steps),
        roles={name: role.model_copy(update={"title": words}) for name, role in PAGE.roles.items()},
        alerts=tuple(alert.model_copy(update={"name": words}) for alert in PAGE.alerts),
        rollback=PAGE.rollback.model_copy(update={"warning": words}),
        criteria=criteria,
    )


def snapshots(folder: Path, words: str) -> Iterator[Snapshot]:
    """The run at each of its turns."""
    store = Store(folder / "story.db")
    ledger = Ledger(store, deps_of(store), page_in(words))
    run = ledger.start()
    ledger.begin(run, "ready")
    ledger.end(run, "ready")
    for _ in _turns(ledger, run, words):
        yield Snapshot(
            page=ledger.page,
            record=store.record(run.id),
            now=ledger.deps.now(),
            mentions=HOLDERS,
            phones={"dba": words, "lead": ""},
        )
    store.close()


def events(folder: Path) -> list[Event]:
    """All events of the run."""
    store = Store(folder / "story.db")
    found = store.events(1)
    store.close()
    return found


def views(folder: Path, words: str) -> dict[str, Message]:
    """Every message of the run, at every second turn and at the last, by event and turn; the card at each."""
    turns = list(snapshots(folder, words))
    told = events(folder)
    ends = {(e.step, payload(e).attempt): e for e in told if e.data.stored_kind == "ended"}
    drawn = {f"card at turn {n}": card(snapshot) for n, snapshot in enumerate(turns)}
    for one in told:
        drawn[f"{one.data.stored_kind} {one.id} plainly"] = plainly(one)
        for n, snapshot in [*enumerate(turns)][1::2]:
            for end in (None, ends.get((one.step, getattr(one.data, "attempt", None)))):
                if message := draw(snapshot, one, end):
                    drawn[f"{one.data.stored_kind} {one.id} at turn {n}, {'ended' if end else 'open'}"] = message
    return drawn


def _spent(words: str) -> list[NewEvent]:
    data = {"within": "15 min", "ran": words, "doing": [words] * 9, "left": [words] * 9}
    return [event("budget", {**data, "mark": mark, "roles": ["dba", "lead"][: mark - 50]}) for mark in (50, 100)]


def _turns(ledger: Ledger, run: Run, words: str) -> Iterator[None]:
    actions, now = ledger.actions(run), ledger.deps.now()
    dba, lead, starter = (Actor(person=name, door=Door.SLACK) for name in (DBA, LEAD, STARTER))
    yield
    actions.sign("ready", 1, dba, now)
    yield
    actions.hold(starter, words, now)
    yield
    actions.resume(lead, words, now)
    actions.sign("ready", 1, lead, now)
    ledger.begin(run, DEPLOY)
    yield
    bad = unknown(words, lines=(words,) * 12, output="\n".join([words] * 40))
    ledger.end(run, DEPLOY, bad)
    yield
    actions.answer(DEPLOY, 1, lead, Choice.RETRY, "", now)
    ledger.begin(run, DEPLOY, 2)
    ledger.end(run, DEPLOY, failed(words), 2)
    yield
    actions.answer(DEPLOY, 2, lead, Choice.SKIP, words, now)
    ledger.begin(run, HEALTH)
    ledger.end(run, HEALTH)
    ledger.watch(run)
    for attempt, seconds in enumerate((0.2, 2.0, 6.0, 7.0), start=1):
        ledger.begin(run, CHECK, attempt)
        ledger.end(run, CHECK, (failed if seconds > 5 else done)(words, measures={"seconds": seconds}), attempt)
    ledger.tell(run, "status", "panel")
    yield
    ledger.ring(run)
    yield
    actions.false_alarm(ledger.page.alerts[0].name, 1, lead, words, "1 h", now)
    yield
    actions.keep(lead, words, now)
    seen = {"title": words, "says": words, "roles": ["dba", "lead"], "times": 2, "verdict": "no data"}
    ledger.store.add_events(run.id, now, *(event(kind, seen) for kind in ("blind", "bad", "recovered")))
    waited = {"title": words, "roles": ["dba", "lead"], "silent": "30 min", "loud": True, "kind": "sign"}
    ledger.store.add_events(run.id, now, event("chase", waited), event("chase", {**waited, "loud": False}))
    yield
    ledger.decision(run)
    yield
    rollback.rollback(ledger.store, run, starter, words, now)
    yield
    ledger.move(run, RunState.ROLLING_BACK)
    ledger.begin(run, BACK)
    ledger.store.add_events(run.id, now, *_spent(words))
    yield
    ledger.end(run, BACK, failed(words))
    yield
    actions.answer(BACK, 1, lead, Choice.DONE, words, now)
    ledger.move(run, RunState.ROLLED_BACK, words)
    ledger.store.add_events(run.id, now, event("next", {"says": words, "page": "x.md"}), event("new kind"))
    yield
