"""The end of a scenario: when its runs are over, which texts are missing, and what is printed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.rehearsal.autoplay import missing_texts, report, rollback_reason, wait_for_messages, wait_until_over
from bot.rehearsal.sandbox import Bot
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.workspace import Message, Workspace
from commands.rollback.request import rollback
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, STARTER
from tests.pages import small

NOK = Actor(person="U01STARTER", door=Door.SLACK)
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}


@contextmanager
def process(code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for the bot."""
    bot = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield bot
    finally:
        bot.kill()
        bot.wait()


def begin(path: Path, *ends: RunState) -> None:
    """Write runs into a state file that ended so, one after another."""
    store = Store(path)
    for end in ends:
        run = start(store, small(), StartRequest(), NOK, PEOPLE, datetime.now(UTC))
        if end != run.state:
            with store.opened.write():
                store.opened.execute("UPDATE runs SET state = ?, ended_at = began_at WHERE id = ?", end.value, run.id)
    store.close()


def ended(path: Path, runs: int, *, bot: str = "import time; time.sleep(60)", timeout: float = 5) -> str:
    """What wait_until_over returns while users play and that bot runs."""

    async def wait() -> str:
        playing = asyncio.create_task(asyncio.sleep(60))
        with process(bot) as running:
            log = path.with_suffix(".log")
            log.write_text("its last words")
            return await wait_until_over(path, runs, playing, Bot(process=running, log=log).ended, timeout)

    return asyncio.run(wait())


def test_the_result_is_the_state_of_the_last_run_when_all_are_over(tmp_path: Path) -> None:
    begin(tmp_path / "gonogo.db", RunState.KEPT)
    assert ended(tmp_path / "gonogo.db", 1) == "kept"


def test_the_second_run_is_waited_for_when_the_first_was_kept(tmp_path: Path) -> None:
    begin(tmp_path / "gonogo.db", RunState.KEPT)
    assert ended(tmp_path / "gonogo.db", 2, timeout=1) == "still active after 0 minutes"
    begin(tmp_path / "gonogo.db", RunState.ROLLED_BACK)
    assert ended(tmp_path / "gonogo.db", 2) == "rolled back"


def test_a_first_run_that_was_not_kept_ends_the_scenario(tmp_path: Path) -> None:
    begin(tmp_path / "gonogo.db", RunState.ABORTED)
    assert ended(tmp_path / "gonogo.db", 2) == "aborted"


def test_a_bot_that_ended_is_the_result(tmp_path: Path) -> None:
    begin(tmp_path / "gonogo.db", RunState.GOING)
    assert ended(tmp_path / "gonogo.db", 1, bot="raise SystemExit(3)") == (
        "interrupted. The bot ended with exit code 3:\nits last words"
    )


def test_an_error_of_the_simulated_users_is_raised(tmp_path: Path) -> None:
    begin(tmp_path / "gonogo.db", RunState.GOING)

    async def fail() -> None:
        raise ValueError("there is nothing to press")

    async def wait() -> None:
        await wait_until_over(tmp_path / "gonogo.db", 1, asyncio.create_task(fail()), str, 5)

    with pytest.raises(ValueError, match="there is nothing to press"):
        asyncio.run(wait())


def workspace_with(*texts: str) -> Workspace:
    workspace = Workspace([STARTER])
    for text in texts:
        workspace.state.post(Message(CHANNEL, workspace.state.new_ts(), "U0GONOGO", text))
    return workspace


def test_the_end_on_the_card_and_every_expected_text_must_be_in_the_channel() -> None:
    scenario = SCENARIOS["alert-in-watch"]
    assert missing_texts(workspace_with("deploying"), scenario) == ["ROLLED BACK", "nobody held the countdown"]
    assert missing_texts(workspace_with("ROLLED BACK"), scenario) == ["nobody held the countdown"]
    assert missing_texts(workspace_with("ROLLED BACK", "… nobody held the countdown."), scenario) == []


def test_the_last_messages_are_waited_for_only_so_long() -> None:
    scenario = replace(SCENARIOS["keep"], expected_texts=("late",))
    workspace = workspace_with("KEPT")

    async def post_late() -> None:
        await asyncio.sleep(0.7)
        workspace.state.post(Message(CHANNEL, "9.0", "U0GONOGO", "late"))

    async def wait() -> None:
        posting = asyncio.create_task(post_late())
        await wait_for_messages(workspace, scenario, timeout=30)
        assert posting.done(), "the wait ended before the text came"
        await wait_for_messages(workspace_with("deploying"), scenario, timeout=0)

    asyncio.run(wait())


def test_a_scenario_without_problems_has_exit_code_0_and_others_list_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(SCENARIOS["keep"], []) == 0
    assert "✓ Scenario “keep” ended as it must: kept" in capsys.readouterr().out
    assert report(SCENARIOS["keep"], ["the API was restarted"]) == 1
    assert "✗ Scenario “keep” must end kept, but:\n  - the API was restarted" in capsys.readouterr().out


def test_the_reason_of_a_rollback_names_who_requested_it(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    begin(path, RunState.GOING)
    assert rollback_reason(path) == ""
    store = Store(path)
    rollback(store, store.runs(1)[0], NOK, "the machine is busy", datetime.now(UTC))
    store.close()
    assert rollback_reason(path) == " (rollback requested by U01STARTER: the machine is busy)"
