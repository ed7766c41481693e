"""The terminal as its users meet it: the whole command in a process-like call, its lines and its exit code."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, SMALL, small, spoil

Capture = pytest.CaptureFixture[str]

ENV = {
    "SHOP_SSH": "deploy@127.0.0.1:22",
    "SHOP_KEY": "key",
    "SHOP_KNOWN_HOSTS": "known_hosts",
    "SHOP_URL": "http://127.0.0.1:1",
    "SHOP_DBA": "UDBA",
    "SHOP_DBA_PHONE": "1",
    "SHOP_LEAD": "ULEAD, UDEPUTY",
    "SHOP_LEAD_PHONE": "2",
    "GONOGO_CHANNEL": "C1",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small page in a folder of its own, and all that it names in the environment."""
    page = tmp_path / "small.md"
    page.write_text(SMALL)
    for name, value in {**ENV, "GONOGO_RUNBOOK": str(page), "GONOGO_STATE": str(tmp_path / "gonogo.db")}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def said(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """Run a command; its exit code, stdout and stderr."""
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def test_check_praises_a_good_page(shop: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "check", str(shop / "small.md"))
    assert code == 0
    assert "good, 5 steps for shop" in out


def test_check_names_file_line_step_and_field(shop: Path, capsys: Capture) -> None:
    (shop / "bad.md").write_text(spoil(('takes = "10 min"', 'takes = "10min"')))
    code, _, err = said(capsys, "check", str(shop / "bad.md"))
    assert code == 1
    assert f"{shop / 'bad.md'}: line 55, Put the code there: takes: '10min' is not a duration" in err


def test_a_page_that_begins_with_a_byte_order_mark_is_read(shop: Path, capsys: Capture) -> None:
    (shop / "marked.md").write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert said(capsys, "check", str(shop / "marked.md"))[0] == 0


@pytest.mark.parametrize(("name", "why"), [("", "Is a directory"), ("none.md", "No such file"), ("x.bin", "not UTF-8")])
def test_check_of_what_is_no_page_says_why(shop: Path, capsys: Capture, name: str, why: str) -> None:
    (shop / "x.bin").write_bytes(b"\xff\xfe\x00\x81")
    code, _, err = said(capsys, "check", str(shop / name))
    assert code == 1
    assert why in err


@pytest.mark.parametrize("verb", ["status", "log", "rollback", "hold"])
def test_where_there_is_no_record_none_is_made(shop: Path, capsys: Capture, verb: str) -> None:
    code, _, err = said(capsys, verb)
    assert code == 1
    assert f"There is no record {shop / 'gonogo.db'}" in err
    assert not (shop / "gonogo.db").exists()


def test_a_record_in_no_folder_is_a_sentence(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOGO_STATE", str(shop / "nowhere" / "gonogo.db"))
    code, _, err = said(capsys, "start")
    assert code == 1
    assert "cannot be opened or created (No such file or directory)" in err


@pytest.mark.parametrize(
    ("name", "summary"), [("smal", "did you mean small.md?"), ("../etc/passwd", "There is no page")]
)
def test_a_page_that_is_not_known_is_named(shop: Path, capsys: Capture, name: str, summary: str) -> None:
    assert summary in said(capsys, "start", name)[2]


def test_check_of_a_page_that_is_not_there_is_a_sentence(shop: Path, capsys: Capture) -> None:
    code, _, err = said(capsys, "check", str(shop / "none.md"))
    assert code == 1
    assert "cannot be read" in err


def test_plan_shows_every_command_and_the_timeline(shop: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "plan", str(shop / "small.md"))
    assert code == 0
    for words in ("on backend: deploy", "on backend: undeploy", "GET api/health", "asks dba: The backup is there"):
        assert words in out, f"the plan does not show {words!r}"
    assert "T+10 min    Health" in out
    assert "T+70 min    Decision: Tech Lead decides KEEP or ROLLBACK" in out


def test_start_names_every_missing_variable_at_once(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_URL")
    monkeypatch.delenv("SHOP_KEY")
    code, _, err = said(capsys, "start")
    assert code == 1
    assert "SHOP_KEY, SHOP_URL" in err


def began(shop: Path) -> Store:
    """The record with a run that U1 began."""
    store = Store(shop / "gonogo.db")
    people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD", "UDEPUTY"})}
    start(store, small(), StartRequest(), Actor(person="U1", door=Door.TERMINAL), people, NOON)
    return store


def test_a_run_goes_through_the_terminal_alone(shop: Path, capsys: Capture) -> None:
    store = began(shop)
    store.begin_attempt(1, "ready", 1, NOON)
    store.end_attempt(1, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    status = said(capsys, "status")[1]
    assert "type: gonogo sign ready --as USER_ID" in status
    assert "No bot serves this record now" in status
    assert "Signed as Database Admin." in said(capsys, "sign", "ready", "--as", "UDBA")[1]
    assert "Signed as Tech Lead." in said(capsys, "sign", "ready", "--as", "UDEPUTY")[1]
    store.begin_attempt(1, "put-the-code-there", 1, NOON)
    store.end_attempt(1, Attempt(step="put-the-code-there", attempt=1, state=AttemptState.FAILED, began_at=NOON), NOON)
    assert "Noted." in said(capsys, "answer", "put-the-code-there", "skip", "it is fine", "--as", "ULEAD")[1]
    assert "On hold." in said(capsys, "hold", "lunch")[1]
    assert "It goes on." in said(capsys, "resume", "--as", "ULEAD")[1]
    assert "the rollback is asked for" in said(capsys, "rollback", "it burns")[1]
    assert "happens once" in said(capsys, "rollback", "it burns")[1]
    log = said(capsys, "log")[1]
    assert "rollback   it burns" in log
    store.close()


def test_a_second_start_is_refused_by_a_sentence(shop: Path, capsys: Capture) -> None:
    began(shop).close()
    code, _, err = said(capsys, "start", "--as", "U2")
    assert code == 1
    assert "shop already has run 1, started by U1" in err


def test_nothing_runs_is_a_sentence(shop: Path, capsys: Capture) -> None:
    Store(shop / "gonogo.db").close()
    code, _, err = said(capsys, "rollback")
    assert code == 1
    assert "Nothing runs" in err


def test_serve_names_every_missing_token_at_once(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = said(capsys, "serve")
    assert code == 1
    assert "SLACK_BOT_TOKEN" in err
    assert "SLACK_APP_TOKEN" in err


def test_an_orphaned_run_is_seen_and_ended_by_its_typed_number(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    began(shop).close()
    assert "gonogo end RUN" in said(capsys, "status")[1]
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    code, out, err = said(capsys, "end", "1", "--reason", "its machine is gone")
    assert (code, err) == (1, "gonogo: Run 1 was left as it is.\n")
    assert "nothing was changed in production" in out
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert "shop is free" in said(capsys, "end", "1", "--reason", "its machine is gone")[1]
    assert "Ended by hand" in said(capsys, "status")[1]


def test_a_run_is_not_ended_under_a_bot_that_serves_it(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    began(shop).close()
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    bot = Store(shop / "gonogo.db", serving=True)
    code, _, err = said(capsys, "end", "1", "--reason", "x")
    assert code == 1
    assert "is in use: another gonogo is serving it. Stop that one first" in err
    assert bot.run(1).active
    bot.close()


@pytest.fixture
def kept(shop: Path) -> Path:
    """A run of the small page that was kept."""
    store = Store(shop / "gonogo.db")
    people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
    run = start(store, small(), StartRequest(note="<b>now</b>"), Actor(person="U1", door=Door.SLACK), people, NOON)
    for step in ("ready", "put-the-code-there"):
        store.begin_attempt(run.id, step, 1, NOON)
        store.end_attempt(
            run.id, Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON, summary="It is there."), NOON
        )
    store.move_run(run.id, RunState.KEPT, NOON)
    store.close()
    return shop


def test_report_prints_markdown(kept: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "report", "1")
    assert code == 0
    assert out.startswith("# ✅ Run 1: shop is kept")
    assert "done: It is there." in out


def test_report_writes_one_html_page(kept: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "report", "--html", str(kept / "report.html"))
    assert (code, out) == (0, f"The report of run 1 is in {kept / 'report.html'}.\n")
    page = (kept / "report.html").read_text()
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert "<b>" not in page


def test_report_of_what_cannot_be_written_or_is_not_there_says_so(kept: Path, capsys: Capture) -> None:
    code, _, err = said(capsys, "report", "--html", str(kept / "none" / "report.html"))
    assert code == 1
    assert "cannot be written to" in err
    code, _, err = said(capsys, "report", "7")
    assert code == 1
    assert "There is no run 7" in err


def test_history_lists_runs_and_the_four_figures(kept: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "history")
    assert code == 0
    assert "✅   1  2026-11-23 12:00  shop  main: kept" in out
    for figure in ("Deploy frequency: 1 a week", "Lead time", "Change failure share: 0 of 1", "Time to restore"):
        assert figure in out


def test_history_wants_at_least_one_run(kept: Path, capsys: Capture) -> None:
    code, _, err = said(capsys, "history", "--limit", "0")
    assert code == 1
    assert "at least 1, not 0" in err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    first = f"{shlex.quote(sys.executable)} -m bot.cli plan bot/runbooks/option-a.md | head -n 1"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {first}"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), "a closed pipe must not end in a traceback"
    assert "Option A" in ended.stdout
