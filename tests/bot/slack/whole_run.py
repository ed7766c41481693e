"""A whole run with every kind of event and texts of any content, and its views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.messages import draw, plain_message
from bot.slack.views.snapshot import Snapshot
from commands.rollback import request as rollback
from commands.runbook import Page
from commands.runbook.head_boxes import CriteriaBox, Criterion
from commands.steps.outcome import failed, unknown
from state.facts import Choice
from state.records import Event, NewEvent, Run, RunState
from state.sqlite.store import Store
from tests.bot.slack.run_writer import (
    DBA,
    DEPLOY,
    HEALTH,
    HOLDERS,
    LEAD,
    PAGE,
    READY,
    ROLLBACK,
    STARTER,
    RunWriter,
    deps_of,
    in_slack,
)
from tests.pages import event, payload


def page_with(text: str) -> Page:
    """The small page with this text wherever the author of a page may write."""
    criteria = CriteriaBox(go=[Criterion(text=text, shown_by=[HEALTH]), Criterion(text=text)] * 4)
    return replace(
        PAGE,
        title=text,
        steps=tuple(replace(step, title=text) for step in PAGE.steps),
        roles={name: role.model_copy(update={"title": text}) for name, role in PAGE.roles.items()},
        alerts=tuple(alert.model_copy(update={"name": text}) for alert in PAGE.alerts),
        rollback=PAGE.rollback.model_copy(update={"warning": text}),
        criteria=criteria,
    )


def snapshots(folder: Path, text: str) -> list[Snapshot]:
    """The run at each of its turns, in order; `TURNS` names them."""
    store = Store(folder / "whole-run.db")
    writer = RunWriter(store, deps_of(store), page_with(text))
    run = writer.run_at_gate()
    phones = {"dba": text, "lead": ""}
    taken = []
    for _ in _turns(writer, run, text):
        record, now = store.record(run.id), writer.deps.now()
        taken.append(Snapshot(page=writer.page, record=record, now=now, mentions=HOLDERS, phones=phones))
    store.close()
    return taken


TURNS = (
    "waiting for two signatures",
    "waiting for one signature",
    "on hold",
    "deploying",
    "unknown result",
    "failed",
    "watching",
    "countdown",
    "held alert",
    "early keep",
    "decision",
    "stopping",
    "rolling back",
    "failed in the rollback",
    "rolled back",
)


def snapshot_at(folder: Path, turn: str, text: str = "x") -> Snapshot:
    """The run at the turn of this name."""
    return snapshots(folder, text)[TURNS.index(turn)]


def events(folder: Path) -> list[Event]:
    """All events of the run; `snapshots` must have written it."""
    store = Store(folder / "whole-run.db")
    stored = store.events(1)
    store.close()
    return stored


def views(folder: Path, text: str) -> dict[str, Message]:
    """The card at each turn, and every event's message at every second turn, by a name for failures."""
    turns = snapshots(folder, text)
    stored = events(folder)
    ends = {(e.step, payload(e).attempt): e for e in stored if e.data.stored_kind == "ended"}
    drawn = {f"card at turn {n}": card(snapshot) for n, snapshot in enumerate(turns)}
    for one in stored:
        drawn[f"{one.data.stored_kind} {one.id} as plain text"] = plain_message(one)
        for n, snapshot in [*enumerate(turns)][1::2]:
            for end in (None, ends.get((one.step, getattr(one.data, "attempt", None)))):
                if message := draw(snapshot, one, end):
                    drawn[f"{one.data.stored_kind} {one.id} at turn {n}, {'ended' if end else 'open'}"] = message
    return drawn


def _budget_events(text: str) -> list[NewEvent]:
    data = {"within": "15 min", "ran": text, "doing": [text] * 9, "left": [text] * 9}
    return [event("budget", {**data, "mark": mark, "roles": ["dba", "lead"][: mark - 50]}) for mark in (50, 100)]


def _turns(writer: RunWriter, run: Run, text: str) -> Iterator[None]:
    """Write the run; each time it yields, the run is at the next of the `TURNS`."""
    yield from _deploy_turns(writer, run, text)
    yield from _watch_turns(writer, run, text)
    yield from _rollback_turns(writer, run, text)


def _deploy_turns(writer: RunWriter, run: Run, text: str) -> Iterator[None]:
    actions, now = writer.actions(run), writer.deps.now()
    dba, lead, starter = in_slack(DBA), in_slack(LEAD), in_slack(STARTER)
    yield
    actions.sign(READY, 1, dba, now)
    yield
    actions.hold(starter, text, now)
    yield
    actions.resume(lead, text, now)
    actions.sign(READY, 1, lead, now)
    writer.begin_step(run, DEPLOY)
    yield
    writer.end_step(run, DEPLOY, unknown(text, lines=(text,) * 12, output="\n".join([text] * 40)))
    yield
    actions.answer(DEPLOY, 1, lead, Choice.RETRY, "", now)
    writer.run_step(run, DEPLOY, failed(text), 2)
    yield


def _watch_turns(writer: RunWriter, run: Run, text: str) -> Iterator[None]:
    actions, now, lead = writer.actions(run), writer.deps.now(), in_slack(LEAD)
    actions.answer(DEPLOY, 2, lead, Choice.SKIP, text, now)
    writer.run_step(run, HEALTH)
    writer.begin_watch(run)
    writer.run_check(run, 0.2, 2.0, 6.0, 7.0, text=text)
    writer.add_events(run, "status", "panel")
    yield
    writer.start_countdown(run)
    yield
    actions.false_alarm(writer.page.alerts[0].name, 1, lead, text, "1 h", now)
    yield
    actions.keep(lead, text, now)
    measured = {"title": text, "says": text, "roles": ["dba", "lead"], "times": 2, "verdict": "no data"}
    writer.store.add_events(run.id, now, *(event(kind, measured) for kind in ("blind", "bad", "recovered")))
    asked = {"title": text, "roles": ["dba", "lead"], "silent": "30 min", "loud": True, "kind": "sign"}
    writer.store.add_events(run.id, now, event("chase", asked), event("chase", {**asked, "loud": False}))
    yield
    writer.ask_decision(run)
    yield


def _rollback_turns(writer: RunWriter, run: Run, text: str) -> Iterator[None]:
    actions, now, lead = writer.actions(run), writer.deps.now(), in_slack(LEAD)
    rollback.rollback(writer.store, run, in_slack(STARTER), text, now)
    yield
    writer.move_run(run, RunState.ROLLING_BACK)
    writer.begin_step(run, ROLLBACK)
    writer.store.add_events(run.id, now, *_budget_events(text))
    yield
    writer.end_step(run, ROLLBACK, failed(text))
    yield
    actions.answer(ROLLBACK, 1, lead, Choice.DONE, text, now)
    writer.move_run(run, RunState.ROLLED_BACK, text)
    writer.store.add_events(run.id, now, event("next", {"says": text, "page": "x.md"}), event("new kind"))
    yield
