"""`gonogo report` and `gonogo history`, as whole commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.pages import NOON, small


@pytest.fixture
def kept_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a record whose only run, of the small page, was kept."""
    monkeypatch.setenv("GONOGO_STATE", str(tmp_path / "gonogo.db"))
    store = Store(tmp_path / "gonogo.db")
    people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
    kept = start(store, small(), StartRequest(note="<b>now</b>"), Actor(person="U1", door=Door.SLACK), people, NOON)
    for step in ("ready", "put-the-code-there"):
        store.begin_attempt(kept.id, step, 1, NOON)
        store.end_attempt(
            kept.id, Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON, summary="It is there."), NOON
        )
    store.move_run(kept.id, RunState.KEPT, NOON)
    store.close()
    return tmp_path


def test_report_prints_markdown(kept_run: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "report", "1")
    assert code == 0
    assert out.startswith("# ✅ Run 1: shop was kept")
    assert "done: It is there." in out


def test_report_writes_one_html_page(kept_run: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "report", "--html", str(kept_run / "report.html"))
    assert (code, out) == (0, f"The report of run 1 is in {kept_run / 'report.html'}.\n")
    page = (kept_run / "report.html").read_text()
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_report_that_cannot_be_written_or_does_not_exist_says_so(kept_run: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "report", "--html", str(kept_run / "none" / "report.html"))
    assert code == 1
    assert "cannot be written to" in err
    code, _, err = run(capsys, "report", "7")
    assert code == 1
    assert "There is no run 7" in err


def test_history_lists_the_runs_and_the_dora_metrics(kept_run: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "history")
    assert code == 0
    assert "✅ run 1    2026-11-23 19:00  shop  main: kept" in out
    for metric in (
        "Deployment frequency: 1 a week",
        "Lead time",
        "Change failure rate: 0 % (0 of 1",
        "Time to restore",
    ):
        assert metric in out


def test_history_wants_at_least_one_run(kept_run: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "history", "--limit", "0")
    assert code == 1
    assert "--limit is 0; it is the number of runs to show, at least 1." in err
