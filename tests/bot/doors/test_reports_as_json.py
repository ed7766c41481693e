"""`gonogo status`, `log`, `history` and `doctor` with --json: what a program reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.doctor.page import doctor_json
from commands.ports.preflight import PreflightResult
from commands.start.preflight import PreflightLine
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import put_in_force
from tests.bot.doors.test_terminal import failed_deploy, lines
from tests.bot.slack.run_writer import DEPLOY, GUEST, PAGE, RunWriter, deps_of


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """A record without runs; the last bot knew who each system user is."""
    put_in_force(tmp_path / "gonogo.db")
    store = Store(tmp_path / "gonogo.db")
    yield RunWriter(store, deps_of(store), PAGE)
    store.close()


def read(writer: RunWriter, command: str, limit: int = 10) -> Any:
    return json.loads("\n".join(lines(writer, command, json=True, limit=limit, drills=False)))


def test_the_status_says_who_is_waited_for(writer: RunWriter) -> None:
    failed_deploy(writer)
    status = read(writer, "status")
    assert (status["run"], status["target"], status["state"]) == (1, "shop", "going")
    (waiting,) = status["waiting"]
    assert (waiting["step"], waiting["attempt"], waiting["blocks"]) == (DEPLOY, 1, True)
    assert {"again", "done", "skip"} <= set(waiting["choices"])
    assert status["rollback"]["requested"] is False
    lines(writer, "rollback", GUEST, reason="it burns 🔥")
    status = read(writer, "status")
    assert (status["rollback"]["requested"], status["rollback"]["reason"]) == (True, "it burns 🔥")


def test_the_log_is_one_object_a_line_and_the_history_has_runs_and_metrics(writer: RunWriter) -> None:
    run = writer.start_run()
    lines(writer, "rollback", GUEST, reason="it\nburns")
    started, requested = (json.loads(line) for line in lines(writer, "log", json=True))
    assert started["kind"] == "run started"
    assert started["at"].startswith(f"{run.began_at:%Y-%m-%dT%H:%M:%S}")
    assert (requested["kind"], requested["detail"]) == ("rollback requested", "it\nburns")
    history = read(writer, "history")
    assert [(one["run"], one["ended_at"]) for one in history["runs"]] == [(1, None)]
    assert history["metrics"]["shop"]["deploys"] == 0
    assert history["unreadable"] == []


def test_the_doctors_findings_have_their_level_and_their_cure() -> None:
    found = PreflightLine(
        about="host web", result=PreflightResult(level="fail", summary="no route", todo="open the port")
    )
    (page,) = json.loads("\n".join(doctor_json({"a.md": [found]})))["pages"]
    assert page == {
        "page": "a.md",
        "findings": [{"level": "fail", "about": "host web", "summary": "no route", "todo": "open the port"}],
    }
