"""The page that KEEP starts (Option B): once, in whose name, and what is reported of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from commands.run import engine
from commands.runbook import Page, read_page
from commands.start.request import StartRequest
from state.errors import BadRecord, Unreachable
from state.facts import Actor, Door, NextRun
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.run.driven_runner import wait_until
from tests.commands.run.engine_case import LEAD, NEXT, PAGE, EngineCase
from tests.pages import NOON, fact, payload
from tests.state.sqlite.forger import by_hand


def test_a_kept_run_starts_its_next_page_in_its_starters_name_with_what_it_deployed(engine_case: EngineCase) -> None:
    number = engine_case.start(NEXT, ref="v2", note="hello", channel="C9", speed=5.0)
    engine_case.store.begin_attempt(number, "ready", 1, NOON)
    values = {"values": {"commit": "abc"}}
    released = Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON, outcome=values)
    engine_case.store.end_attempt(number, released, NOON)
    engine_case.store.add_fact(number, replace(fact("keep"), by=LEAD))
    engine_case.store.move_run(number, RunState.KEPT, NOON)
    engine_case.follow(number)
    ((request, actor),) = engine_case.starter.requests
    same = StartRequest(page="small.md", ref="abc", ref_name="v2", note="hello", follows=number, because_by=LEAD)
    assert request == same
    assert (request.channel, request.notice_minutes) == ("", None), "those of its own page"
    assert actor == Actor(person="U1", door=Door.SLACK), "as the first run, so that its people may sign"


def test_without_a_commit_the_next_page_deploys_the_same_ref(engine_case: EngineCase) -> None:
    engine_case.follow(engine_case.keep(ref="v2"))
    request = engine_case.starter.requests[0][0]
    assert (request.ref, request.ref_name) == ("v2", "")


def test_the_next_page_is_started_once_and_reported(engine_case: EngineCase, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    number = engine_case.keep()
    for _ in range(2):
        engine_case.follow(number)
    assert engine_case.summaries(number) == ["run 2 of small.md has started"]
    assert len(engine_case.starter.requests) == 1
    written = engine_case.store.record(number).newest(NextRun)
    assert written
    assert (written.kind, written.by) == ("next", Actor(person="ULEAD", door=Door.BOT))
    assert abs((written.at - datetime.now(UTC)).total_seconds()) < 60
    report = next(one for one in engine_case.store.events(number) if one.data.stored_kind == "next")
    assert payload(report).page == written.page == "small.md"
    assert (payload(report).started, written.started, payload(report).channel) == (2, 2, "C-next")
    assert (payload(report).starter, payload(report).roles) == ("U1", ("lead",))
    assert "after run 1: run 2 of small.md has started" in caplog.text


def test_a_next_page_that_is_refused_is_reported_and_not_tried_again(engine_case: EngineCase) -> None:
    number = engine_case.keep()
    engine_case.starter.refusal = "the disk is full"
    for _ in range(2):
        engine_case.follow(number)
    assert engine_case.summaries(number) == ["small.md could not be started: the disk is full"]
    assert len(engine_case.starter.requests) == 1
    (told,) = engine_case.reports(number)
    assert (told.started, told.why, told.command) == (0, "the disk is full", "start small.md main")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Unreachable("Nobody listens on the host."), "Nobody listens on the host."),
        (RuntimeError("a secret"), "Internal error in the bot (RuntimeError)."),
    ],
)
def test_whatever_keeps_the_next_page_from_starting_is_told(
    engine_case: EngineCase, error: Exception, why: str
) -> None:
    number = engine_case.keep()
    engine_case.starter.error = error
    engine_case.follow(number)
    assert [told.why for told in engine_case.reports(number)] == [why]


def test_while_the_state_file_cannot_be_used_nothing_is_told_and_it_is_tried_again(engine_case: EngineCase) -> None:
    number = engine_case.keep()
    engine_case.starter.error = BadRecord("it is busy")
    with pytest.raises(BadRecord):
        engine_case.follow(number)
    assert engine_case.summaries(number) == []
    engine_case.follow(number)
    assert engine_case.summaries(number) == ["run 2 of small.md has started"]


def test_a_next_run_that_began_before_the_bot_could_record_it_is_not_started_again(engine_case: EngineCase) -> None:
    number = engine_case.keep()
    engine_case.start()  # somebody else's, of the same page
    engine_case.store.move_run(2, RunState.ABORTED, NOON)
    begun = engine_case.start(follows=number, channel="C-next")
    engine_case.follow(number)
    assert engine_case.summaries(number) == [f"run {begun} of small.md has started"]
    assert engine_case.starter.requests == []


def test_a_page_that_starts_no_other_and_a_run_without_keep_start_nothing(engine_case: EngineCase) -> None:
    engine_case.follow(engine_case.keep(PAGE))
    engine_case.follow(engine_case.start(NEXT))
    assert engine_case.starter.requests == []


def test_a_next_page_that_could_not_be_started_because_of_the_state_file_is_tried_again(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = engine_case.keep()
    read, reads = engine_case.store.record, []

    def busy_once(run: int) -> Record:
        reads.append(run)
        if len(reads) == 1:
            raise BadRecord("it is busy")
        return read(run)

    monkeypatch.setattr(engine_case.store, "record", busy_once)
    engine_case.engine.start()
    wait_until(lambda: engine_case.summaries(number))


def test_the_next_page_starts_when_its_run_ends_or_when_the_engine_starts_after_that(engine_case: EngineCase) -> None:
    old = engine_case.keep()
    engine_case.engine.start()
    wait_until(lambda: engine_case.summaries(old))
    engine_case.engine.stop()
    engine_case.store.move_run(2, RunState.ABORTED, NOON)
    new = engine_case.start(NEXT)
    engine_case.engine = engine_case.new_engine()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(new) == "done")
    engine_case.store.add_fact(new, replace(fact("keep"), by=LEAD))
    engine_case.store.move_run(new, RunState.KEPT, NOON)
    wait_until(lambda: engine_case.summaries(new))
    assert engine_case.summaries(old) == ["run 2 of small.md has started"]


def test_a_run_that_was_changed_from_outside_starts_no_page(engine_case: EngineCase) -> None:
    run = engine_case.keep(ref="v2")
    by_hand(engine_case.store.path, "UPDATE runs SET ref = 'evil'")
    by_hand(engine_case.store.path, "UPDATE facts SET person = 'U9' WHERE kind = 'keep'")
    engine_case.follow(run)
    assert engine_case.starter.requests == []
    (told,) = engine_case.reports(run)
    assert told.why.startswith("The record was changed from outside: ")


def test_a_kept_run_whose_page_this_version_reads_no_more_is_named_and_holds_up_no_other(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept, going = engine_case.keep(), engine_case.keep()

    def read(text: str, name: str) -> Page:
        if reading and reading.pop():
            raise KeyError("no such box")
        return read_page(text, name)

    reading = [False, True]  # the page of the first run that is read cannot be read, that of the other one can
    monkeypatch.setattr(engine, "read_stored_page", read)
    engine_case.engine.start()
    wait_until(lambda: not reading)
    wait_until(lambda: engine_case.summaries(kept) or engine_case.summaries(going))
    assert "no page is started: KeyError" in caplog.text
    assert engine_case.engine.is_alive
