"""`gonogo` as its users meet it: whole commands, with their output and exit codes."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.cli import main
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.bot.command import Become, Capture, run
from tests.groups import TOGETHER
from tests.pages import NOON, SMALL, small, spoil

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
    """The small page in a folder of its own, with everything that it names set in the environment."""
    page = tmp_path / "small.md"
    page.write_text(SMALL)
    for name, value in {**ENV, "GONOGO_RUNBOOK": str(page), "GONOGO_STATE": str(tmp_path / "gonogo.db")}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_check_says_that_a_page_is_ok(shop: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "check", str(shop / "small.md"))
    assert code == 0
    assert out == f"{shop / 'small.md'}: ok, 5 steps for shop\n"


def test_check_counts_a_step_on_a_group_once(shop: Path, capsys: Capture) -> None:
    (shop / "small.md").write_text(TOGETHER.text, encoding="utf-8")
    _, out, _ = run(capsys, "check", str(shop / "small.md"))
    assert ": ok, 5 steps for shop\n" in out


def test_check_names_file_line_step_and_field(shop: Path, capsys: Capture) -> None:
    (shop / "bad.md").write_text(spoil(('takes = "10 min"', 'takes = "10min"')))
    code, _, err = run(capsys, "check", str(shop / "bad.md"))
    assert code == 1
    assert f"{shop / 'bad.md'}: line 55, Put the code there: takes: '10min' is not a duration" in err


def test_a_page_with_a_byte_order_mark_is_read(shop: Path, capsys: Capture) -> None:
    (shop / "marked.md").write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert run(capsys, "check", str(shop / "marked.md"))[0] == 0


@pytest.mark.parametrize(
    ("name", "why"), [("", "is a folder; name the file in it"), ("none.md", "No such file"), ("x.bin", "not UTF-8")]
)
def test_check_of_a_file_that_is_no_page_says_why(shop: Path, capsys: Capture, name: str, why: str) -> None:
    (shop / "x.bin").write_bytes(b"\xff\xfe\x00\x81")
    code, _, err = run(capsys, "check", str(shop / name))
    assert code == 1
    assert why in err


@pytest.mark.parametrize("verb", ["status", "log", "rollback", "hold"])
def test_a_missing_state_file_is_not_created(shop: Path, capsys: Capture, verb: str) -> None:
    code, _, err = run(capsys, verb)
    assert code == 1
    assert f"There is no record at {shop / 'gonogo.db'}" in err
    assert not (shop / "gonogo.db").exists()


def test_a_state_file_in_a_missing_folder_is_one_sentence(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_STATE", str(shop / "nowhere" / "gonogo.db"))
    code, _, err = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert "cannot be opened or created (No such file or directory)" in err


@pytest.mark.parametrize(
    ("name", "summary"), [("smal", "did you mean small.md?"), ("../etc/passwd", "There is no page")]
)
def test_an_unknown_page_is_named(served: Path, become: Become, capsys: Capture, name: str, summary: str) -> None:
    become("lea")
    assert summary in run(capsys, "start", name)[2]


def test_check_of_a_missing_page_is_one_sentence(shop: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "check", str(shop / "none.md"))
    assert code == 1
    assert "cannot be read" in err


def test_plan_shows_every_command_and_the_timeline(shop: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "plan", str(shop / "small.md"))
    assert code == 0
    for words in ("on backend: deploy", "on backend: undeploy", "GET /health on api", "asks dba: The backup is there"):
        assert words in out, f"the plan does not show {words!r}"
    assert "T+10 min    Health" in out
    assert "T+70 min    Decision: Tech Lead decides KEEP or ROLLBACK" in out


def test_plan_shows_the_bots_own_programs_only_if_it_is_asked(capsys: Capture) -> None:
    page, program = "bot/runbooks/option-a.md", "    | git -c log.showSignature=false"
    plain, whole = run(capsys, "plan", page)[1], run(capsys, "plan", "--programs", page)[1]
    assert "on production: fetches origin, and finds the commit that REF names there now" in plain
    assert program in whole
    assert "    | " not in plain, "nobody reads a plan of three thousand lines"


def test_env_prints_each_variable_of_a_page_with_its_meaning(shop: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "env", str(shop / "small.md"))
    assert code == 0
    page = read_page((shop / "small.md").read_text(), "small.md")
    for name in page.env_names():
        meaning, _, value = out.partition(f"\n{name.removeprefix('$')}=")
        assert value, f"{name} is not there"
        assert meaning.splitlines()[-1].startswith("# "), f"nothing says what {name} is"


def test_plan_ends_with_who_may_do_what(shop: Path, capsys: Capture) -> None:
    out = run(capsys, "plan", str(shop / "small.md"))[1]
    assert out.count("\n\nPERMISSIONS\n") == 1
    assert "\n  end:                everybody at the bot's own terminal whom it knows\n" in out


def test_check_and_doctor_warn_of_one_person_in_two_roles_that_each_want_their_own(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = shop / "small.md"
    page.write_text(page.read_text().replace('target = "shop"', 'target = "shop"\none_person_per_role = true'))
    words = "“✅ พร้อมไหม (ready?)” needs 2 different people, one for each of Database Admin, Tech Lead"
    assert "warning" not in run(capsys, "check", str(page))[1]
    monkeypatch.setenv("SHOP_DBA", "ULEAD")
    monkeypatch.setenv("SHOP_LEAD", "ULEAD")
    code, out, _ = run(capsys, "check", str(page))
    assert (code, f"{page}: warning: {words}" in out) == (0, True), out
    assert f"  warn  roles: {words}" in run(capsys, "doctor", "small.md")[1]
    monkeypatch.delenv("SHOP_LEAD")
    assert "warning" not in run(capsys, "check", str(page))[1], "a page can be checked where nothing is set"


def test_start_names_every_missing_variable_at_once(
    served: Path, become: Become, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    become("lea")
    monkeypatch.delenv("SHOP_URL")
    monkeypatch.delenv("SHOP_KEY")
    code, _, err = run(capsys, "start")
    assert code == 1
    assert "SHOP_KEY, SHOP_URL" in err


def start_run(shop: Path) -> Store:
    """The record, with a run that U1 started."""
    store = Store(shop / "gonogo.db")
    people = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD", "UDEPUTY"})}
    start(store, small(), StartRequest(), Actor(person="U1", door=Door.SLACK), people, NOON)
    return store


def test_a_run_can_be_controlled_from_the_terminal_alone(served: Path, become: Become, capsys: Capture) -> None:
    store = start_run(served)
    store.begin_attempt(1, "ready", 1, NOON)
    store.end_attempt(1, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    status = run(capsys, "status")[1]
    assert "type: gonogo sign ready" in status
    assert "No bot is serving this record. Start it with `gonogo serve`" in status
    become("dora")
    assert "Signed as Database Admin." in run(capsys, "sign", "ready", "--as", "UDBA")[1]
    become("dan")
    assert "Signed as Tech Lead." in run(capsys, "sign", "ready")[1]
    store.begin_attempt(1, "put-the-code-there", 1, NOON)
    store.end_attempt(1, Attempt(step="put-the-code-there", attempt=1, state=AttemptState.FAILED, began_at=NOON), NOON)
    become("lea")
    assert "Your answer is saved." in run(capsys, "answer", "put-the-code-there", "skip", "it is fine")[1]
    become("guest")
    assert "On hold." in run(capsys, "hold", "lunch")[1]
    become("lea")
    assert "Resumed." in run(capsys, "resume")[1]
    become("guest")
    assert "Rollback requested for run 1." in run(capsys, "rollback", "it burns")[1]
    assert "Run 1 is already rolling back." in run(capsys, "rollback", "it burns")[1]
    log = run(capsys, "log", "1")[1]
    assert "step signed        by UDBA at the terminal, as system user dora on host web1: " in log
    assert "rollback requested by guest at the terminal, as system user guest on host web1: it burns" in log
    store.close()


@pytest.mark.parametrize("verb", ["status", "log", "report"])
@pytest.mark.parametrize("number", [("2",), ("--run", "2")])
def test_a_run_is_read_by_its_number_with_or_without_the_options_name(
    served: Path, capsys: Capture, verb: str, number: tuple[str, ...]
) -> None:
    start_run(served).close()
    assert "There is no run 2 in " in run(capsys, verb, *number)[2]
    code, printed, err = run(capsys, verb)
    assert (code, err) == (0, "")
    assert "un 1" in printed


def test_a_second_start_is_refused_in_one_sentence(served: Path, become: Become, capsys: Capture) -> None:
    start_run(served).close()
    become("lea")
    code, _, err = run(capsys, "start")
    assert code == 1
    assert "shop already has run 1, started by U1" in err


def test_a_rollback_without_a_run_is_refused_in_one_sentence(shop: Path, capsys: Capture) -> None:
    Store(shop / "gonogo.db").close()
    code, _, err = run(capsys, "rollback")
    assert code == 1
    assert err == f"gonogo: No run is active in {shop / 'gonogo.db'}. Start one with `gonogo start`.\n"


def test_serve_names_every_missing_token_at_once(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = run(capsys, "serve")
    assert code == 1
    assert "SLACK_BOT_TOKEN" in err
    assert "SLACK_APP_TOKEN" in err


def test_an_abandoned_run_is_shown_and_ended_once_its_number_is_typed(
    served: Path, become: Become, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(served).close()
    become("lea")
    assert "gonogo end RUN" in run(capsys, "status")[1]
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    code, out, err = run(capsys, "end", "1", "--reason", "its machine is gone")
    assert (code, err) == (1, "gonogo: Run 1 was not ended.\n")
    assert "no step changed anything" in out
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert "shop is free" in run(capsys, "end", "1", "--reason", "its machine is gone")[1]
    assert "ENDED BY HAND, check what runs" in run(capsys, "status")[1]


def test_a_run_is_not_ended_while_a_bot_serves_it(
    served: Path, become: Become, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(served).close()
    become("lea")
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    bot = Store(served / "gonogo.db", serving=True)
    code, _, err = run(capsys, "end", "1", "--reason", "x")
    assert code == 1
    assert "is in use: another gonogo is serving it. Stop that one first" in err
    assert bot.run(1).active
    bot.close()


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    first = f"{shlex.quote(sys.executable)} -m bot.cli plan bot/runbooks/option-a.md | head -n 1"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {first}"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), "a closed pipe must not end in a traceback"
    assert "Option A" in ended.stdout


def test_the_version_is_that_of_the_installed_package(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"gonogo {version('gonogo')}\n")


def test_the_help_of_each_command_is_in_plain_english(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "end close an abandoned run; rolls nothing back" in text
    assert "check check a runbook page; errors come with line numbers" in text
    assert "serve run the bot" in text
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    assert "--no-slack carry out runs without Slack; terminal only" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SET TRANSACTION READ WRITE; CREATE TABLE hacked (x int)", "it has 2 statements, and a query is one"),
        ("SELECT pg_terminate_backend(1)", "it calls pg_terminate_backend, which acts outside the query"),
        ("SELECT 'run <run>'", "a value in it stands inside a text or a comment"),
    ],
)
@pytest.mark.parametrize("where", ["query", "verify", "already", "loses", "window"])
def test_check_refuses_a_query_that_could_change_something(
    shop: Path, capsys: Capture, where: str, sql: str, why: str
) -> None:
    database = ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]')
    verify = '{ sql = "SELECT 1", says = "one", expect = 1 }'
    boxes = {
        "query": f'```toml query\ndatabase = "shop"\nsql = "{sql}"\n```',
        "verify": f'```toml sql\ndatabase = "shop"\nfile = "a.sql"\nverify = [{verify.replace("SELECT 1", sql)}]\n```',
        "already": f'```toml sql\ndatabase = "shop"\nfile = "a.sql"\nverify = [{verify}]\n'
        f"already = [{verify.replace('SELECT 1', sql)}]\n```",
        "window": f'```toml window\ndays = ["mon"]\nhours = ["22:00-06:00"]\ndatabase = "shop"\nsql = "{sql}"\n```',
        "loses": "",
    }
    loses = f'within = "15 min"\nloses = {{ database = "shop", sql = "{sql}", says = "rows" }}'
    step = ("## Smoke tests\n", f"### Ask\n\n{boxes[where]}\n\n## Smoke tests\n")
    change = ('within = "15 min"', loses) if where == "loses" else step
    (shop / "bad.md").write_text(spoil(database, change))
    code, _, err = run(capsys, "check", str(shop / "bad.md"))
    assert code == 1
    assert why in err
