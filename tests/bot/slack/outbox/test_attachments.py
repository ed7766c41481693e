"""The files of a run in its thread: charts of the watch, and the report at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.report.html import as_html
from bot.slack.outbox import attachments
from commands.report.report import Report
from commands.steps.outcome import done, failed
from state.errors import BadRecord
from state.records import RunState
from tests.bot.slack.run_writer import CHECK, DBA, DEPLOY, HEALTH, READY, in_slack
from tests.bot.slack.slack_box import SlackBox, play
from tests.pages import event

MOVED = {"clock": "5 min", "since_rollback": "", "reason": "", "person": DBA, "stays": []}


def files_with(box: SlackBox, ending: str) -> list[dict[str, str]]:
    """The files in the run's thread whose names end so."""
    shared = [file for message in box.workspace.messages() if message.thread_ts for file in message.files]
    return [file for file in shared if file["name"].endswith(ending)]


def content(box: SlackBox, file: dict[str, str]) -> bytes:
    """The bytes that were uploaded."""
    return bytes(box.workspace.state.file_contents[file["id"]])


def run_in_watch(box: SlackBox) -> None:
    """A run in its watch, with two samples of a check and a status post."""
    run = box.run_at_gate()
    box.actions(run).sign(READY, 1, in_slack(DBA), box.deps.now())
    for step in (DEPLOY, HEALTH):
        box.run_step(run, step, done("<b>It is there</b>"))
    box.begin_watch(run)
    for attempt, seconds in enumerate((0.2, 9.0), start=1):
        outcome = done("200") if seconds < 1 else failed("slow")
        box.run_step(run, CHECK, replace(outcome, measures={"seconds": seconds, "failed": 0.0}), attempt)
    box.store.add_events(run.id, box.deps.now(), event("status", {"slot": 1, "late": ""}))


def test_a_status_post_of_the_watch_is_followed_by_its_chart(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run_in_watch(box)
        await box.wait_until(lambda: files_with(box, "-chart.png"), 30)
        (chart,) = files_with(box, "-chart.png")
        assert content(box, chart).startswith(b"\x89PNG")
        assert "Response time 9 s now, 200 ms to 9 s in 2 samples" in chart["alt_txt"]

    play(tmp_path, story)


def test_before_the_watch_tin_slack_no_chart(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.store.add_events(run.id, box.deps.now(), event("status", {"slot": 1, "late": ""}))
        box.move_run(run, RunState.ABORTED)
        await box.wait_until_posted()
        assert files_with(box, ".png") == []

    play(tmp_path, story)


@pytest.mark.parametrize("state", ["aborted", "kept", "ended by hand"])
def test_the_report_is_in_the_thread_once_when_the_run_is_over(tmp_path: Path, state: str) -> None:
    async def story(box: SlackBox) -> None:
        run_in_watch(box)
        box.store.move_run(1, RunState(state), box.deps.now(), event("moved", MOVED | {"state": state}))
        await box.wait_until(lambda: files_with(box, "-report.md"), 30)
        await box.wait_until_posted()
        async with box.serving():
            await box.wait_until_posted()
        (page,) = files_with(box, "-report.html")
        (markdown,) = files_with(box, "-report.md")
        assert b"data:image/png;base64," in content(box, page)
        assert b"&lt;b&gt;It is there&lt;/b&gt;" in content(box, page)
        assert b"Somchai (Database Admin)" in content(box, markdown), "people are named, not shown by their ids"

    play(tmp_path, story)


def test_a_report_that_cannot_be_made_is_logged_and_the_run_is_posted_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr(attachments, "as_html", broken)

    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.move_run(run, RunState.ABORTED)
        await box.wait_until_posted()
        assert await box.message_with("ABORTED.* Nothing was changed")

    play(tmp_path, story)
    assert "the report cannot be made" in caplog.text


def test_a_report_whose_record_is_away_for_a_moment_is_posted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = [BadRecord("The record is away.")] * 2

    def away_at_first(report: Report, chart: bytes | None) -> str:
        if away:
            raise away.pop()
        return as_html(report, chart)

    monkeypatch.setattr(attachments, "as_html", away_at_first)

    async def story(box: SlackBox) -> None:
        box.move_run(box.run_at_gate(), RunState.ABORTED)
        await box.wait_until(lambda: files_with(box, "report.html"), 30)

    play(tmp_path, story)
    assert "posting to Slack waits: The record is away." in caplog.text
    assert "the report cannot be made" not in caplog.text
