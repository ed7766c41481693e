"""The files of a run in its thread: the chart beside the status posts of the watch, and the report at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack.outbox import attachments
from commands.steps.outcome import done, failed
from state.facts import Actor, Door
from state.records import RunState
from tests.bot.slack.box import DBA, Box
from tests.bot.slack.outbox.test_poster import play, told
from tests.bot.slack.story import CHECK, DEPLOY, HEALTH
from tests.pages import event


def named(here: Box, ending: str) -> list[dict[str, str]]:
    """The files in the run's thread whose names end so."""
    shared = [file for one in here.workspace.messages() if one.thread_ts for file in one.files]
    return [file for file in shared if file["name"].endswith(ending)]


def content(here: Box, file: dict[str, str]) -> bytes:
    """The bytes that were uploaded."""
    return bytes(here.workspace.state.file_contents[file["id"]])


def watched(here: Box) -> None:
    """A run in its watch, with two checks and a status post."""
    run = here.gate()
    here.actions(run).sign("ready", 1, here_is(DBA), here.deps.now())
    for step in (DEPLOY, HEALTH):
        here.begin(run, step)
        here.end(run, step, done("<b>It is there</b>"))
    here.watch(run)
    for attempt, seconds in enumerate((0.2, 9.0), 1):
        here.begin(run, CHECK, attempt)
        result = done("200") if seconds < 1 else failed("slow")
        here.end(run, CHECK, type(result)(**{**vars(result), "measures": {"seconds": seconds, "failed": 0.0}}), attempt)
    here.store.add_events(run.id, here.deps.now(), event("status", {"slot": 1, "late": ""}))


def here_is(person: str) -> Actor:
    """Somebody in Slack."""
    return Actor(person=person, door=Door.SLACK)


def test_a_status_post_of_the_watch_is_followed_by_its_chart(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        watched(here)
        await here.until(lambda: named(here, "-chart.png"), 30)
        (chart,) = named(here, "-chart.png")
        assert content(here, chart).startswith(b"\x89PNG")
        assert "Response time 9 s now, 200 ms to 9 s in 2 measurements" in chart["alt_txt"]

    play(tmp_path, story)


def test_before_the_watch_there_is_no_chart(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        here.store.add_events(run.id, here.deps.now(), event("status", {"slot": 1, "late": ""}))
        here.move(run, RunState.ABORTED)
        await told(here)
        assert named(here, ".png") == []

    play(tmp_path, story)


@pytest.mark.parametrize("state", ["aborted", "kept", "ended by hand"])
def test_the_report_is_in_the_thread_once_when_the_run_is_over(tmp_path: Path, state: str) -> None:
    async def story(here: Box) -> None:
        watched(here)
        here.store.move_run(1, RunState(state), here.deps.now(), event("moved", MOVED | {"state": state}))
        await here.until(lambda: named(here, "-report.md"), 30)
        await told(here)
        async with here.serving():
            await here.until(lambda: here.store.events(1)[-1].id in here.store.posts(1))
        (page,) = named(here, "-report.html")
        (markdown,) = named(here, "-report.md")
        assert b"data:image/png;base64," in content(here, page)
        assert b"&lt;b&gt;It is there&lt;/b&gt;" in content(here, page)
        assert b"Somchai (Database Admin)" in content(here, markdown), "people are named, not their ids"

    play(tmp_path, story)


MOVED = {"clock": "5 min", "since_rollback": "", "reason": "", "person": DBA, "stays": []}


def test_a_report_that_cannot_be_made_is_logged_and_the_run_is_told_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr(attachments, "as_html", broken)

    async def story(here: Box) -> None:
        run = here.gate()
        here.move(run, RunState.ABORTED)
        await told(here)
        assert await here.sees("is aborted")

    play(tmp_path, story)
    assert "the report cannot be made" in caplog.text


def test_the_history_is_told_to_who_asks(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await here.workspace.command(DBA, "/deploy history")
        await here.hears(DBA, "shop  main: going (goes on)", "Deploy frequency: not known yet")

    play(tmp_path, story)
