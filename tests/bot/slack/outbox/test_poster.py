"""The poster: every active or recently ended run has its thread, and no run waits for another."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.slack.outbox.poster import Poster
from bot.slack.presence import POSTED_FOR
from bot.slack.serve import make_client
from state.errors import BadRecord
from state.events import NextRunReported
from state.records import NewEvent, RunState
from tests.bot.slack.outbox.posted import posted_events
from tests.bot.slack.run_writer import DEPLOY
from tests.bot.slack.slack_box import SlackBox, play
from tests.state.sqlite.samples import STARTED, new_run


def test_a_run_that_starts_while_the_bot_serves_gets_its_card(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await asyncio.sleep(0.2)
        box.start_run()
        assert "Run 1" in str((await box.card()).blocks)

    play(tmp_path, story)


def test_a_run_that_ended_long_ago_is_not_posted(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.move_run(run, RunState.ABORTED)
        posting = Poster(make_client(box.settings), box.deps)
        assert [run.id for run, _ in posting._runs()] == [1]
        later = box.deps.now() + POSTED_FOR + timedelta(seconds=1)
        object.__setattr__(posting.deps, "now", lambda: later)
        assert posting._runs() == []

    play(tmp_path, story, serve=False)


def test_a_run_of_hours_is_posted_whatever_else_began_since(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        watched = box.start_run()
        for number in range(25):
            other = box.store.start_run(new_run(f"other-{number}"), box.deps.now(), STARTED)
            box.move_run(other, RunState.ABORTED)
        assert watched.id in {run.id for run, _ in Poster(make_client(box.settings), box.deps)._runs()}

    play(tmp_path, story, serve=False)


def test_a_kept_run_that_tells_something_long_after_its_end_is_posted(tmp_path: Path) -> None:
    async def kept(box: SlackBox) -> None:
        run = box.start_run()
        box.move_run(run, RunState.KEPT)
        later = box.deps.now() + POSTED_FOR + timedelta(days=2)
        posting = Poster(make_client(box.settings), box.deps)
        object.__setattr__(posting.deps, "now", lambda: later)
        assert posting._runs() == []
        box.store.add_events(run.id, later, NewEvent(data=NextRunReported(page="small.md", why="it is away")))
        assert [one.id for one, _ in posting._runs()] == [run.id]

    play(tmp_path, kept, serve=False)


@pytest.mark.parametrize(
    ("error", "said", "traced"),
    [
        (ValueError("a broken record"), "the poster continues after an error in the bot", True),
        (BadRecord("The record is away."), "posting to Slack waits: The record is away.", False),
    ],
)
def test_an_error_stops_no_posting_and_only_one_of_the_bot_has_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
    traced: bool,
) -> None:
    read_runs, failures = Poster._runs, [error]

    def runs(self: Poster) -> object:
        if failures:
            raise failures.pop()
        return read_runs(self)

    async def story(box: SlackBox) -> None:
        box.start_run()
        await box.card()

    monkeypatch.setattr(Poster, "_runs", runs)
    play(tmp_path, story)
    (line,) = (line for line in caplog.records if line.getMessage() == said)
    assert bool(line.exc_info) == traced


@pytest.mark.fault("one bad old thing stops all")
def test_a_page_that_this_version_cannot_read_hides_no_newer_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        first = box.start_run()
        box.move_run(first, RunState.ABORTED)
        box.store.opened._connection.execute("UPDATE runs SET text = '# A page of long ago' WHERE id = 1")
        second = box.start_run()
        async with box.serving():
            await box.message_with("shop:", f"Run {second.id}")
            await asyncio.sleep(0.6)

    play(tmp_path, story, serve=False)
    told = [one for one in caplog.messages if one.startswith("run 1 is not posted: this version of gonogo cannot")]
    assert len(told) == 1, "once, and not with each look"


def test_a_page_that_only_an_author_would_have_to_mend_is_posted(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        text = box.store.run(run.id).text.replace("## Watch", "##Not a heading to an author\n\n## Watch")
        box.store.opened._connection.execute("UPDATE runs SET text = ?", (text,))
        async with box.serving():
            await box.message_with("shop:", f"Run {run.id}")

    play(tmp_path, story, serve=False)


def test_a_run_in_trouble_delays_no_other(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        first = box.start_run()
        box.move_run(first, RunState.ABORTED)
        box.store.opened._connection.execute("UPDATE runs SET channel = 'C0NOBODY' WHERE id = 1")
        second = box.start_run()
        async with box.serving():
            await box.message_with("shop:", f"Run {second.id}")
            box.begin_step(second, DEPLOY)
            last = box.store.events(second.id)[-1].id
            await box.wait_until(lambda: last in posted_events(box), 20)

    play(tmp_path, story, serve=False)


def test_a_poster_that_leaves_hands_over_once_slack_has_answered_what_it_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[list[int], int]] = []

    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.workspace.faults.delays["chat.postMessage"] = 0.7
        posting = Poster(make_client(box.settings), box.deps)
        monkeypatch.setattr(box.store, "hand_over", lambda runs, _: handed.append(([*runs], answered(box))))
        serving = asyncio.create_task(posting.serve())
        await box.wait_until(lambda: posting.sender._under_way)
        serving.cancel()
        await asyncio.wait({serving})
        assert handed == [([run.id], 1)]

    def answered(box: SlackBox) -> int:
        return [method for _, method, _ in box.workspace.calls].count("chat.postMessage")

    play(tmp_path, story, serve=False)


def test_a_poster_that_leaves_waits_for_no_slack_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.outbox.sender.SETTLE", 0.1)
    handed: list[int] = []

    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.workspace.faults.delays["chat.postMessage"] = 30
        posting = Poster(make_client(box.settings), box.deps)
        monkeypatch.setattr(box.store, "hand_over", lambda runs, _: handed.extend(runs))
        serving = asyncio.create_task(posting.serve())
        await box.wait_until(lambda: posting.sender._under_way)
        serving.cancel()
        await asyncio.wait({serving}, timeout=10)
        assert handed == [run.id]

    play(tmp_path, story, serve=False)
