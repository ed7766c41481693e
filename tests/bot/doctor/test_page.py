"""`gonogo doctor` and the preflight of a start, on a real host: each problem is named."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.doctor import page as doctor
from bot.rehearsal.target.ssh_server import SshServer
from bot.rehearsal.workspace import Person, Workspace
from bot.settings import read_pages, read_settings
from bot.slack.methods import SCOPES
from state.sqlite.store import Store
from tests.bot.command import Become, Capture, run, serve_once


@pytest.fixture(autouse=True)
def _ursa(become: Become) -> None:
    """Ursa types the commands."""
    become("ursa")


def started(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """Start a run, with a state file that a bot has served with the page as it is now."""
    serve_once()
    return run(capsys, "start", *words)


def test_a_failure_is_named_with_what_to_do_and_the_exit_code_is_1(shop: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "doctor", "small.md")
    assert code == 1, "there is no bot token"
    assert "fail  Slack: SLACK_BOT_TOKEN is not set" in out
    assert "ok    host backend: programs found: echo" in out
    assert "ok    web api: answers (404" in out
    assert out.endswith("  8 checks: 1 failure, 0 warnings\n"), out


def test_without_slack_neither_its_token_nor_the_channel_is_needed(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONOGO_CHANNEL")
    assert "not set: GONOGO_CHANNEL" in run(capsys, "doctor", "small.md")[1]
    code, out, _ = run(capsys, "doctor", "small.md", "--no-slack")
    assert "Slack" not in out
    assert (code, out.endswith(" 0 failures, 0 warnings\n")) == (0, True), out
    code, _, err = started(capsys)
    assert "GONOGO_CHANNEL" in err, "the bot that served last needs it"
    serve_once(slack=False)
    code, _, err = run(capsys, "start")
    assert (code, err) == (0, "")


def test_a_folder_that_begins_with_a_tilde_is_named(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "~/key")
    assert "warn  environment: SHOP_KEY begins with ~ or $HOME, which nothing" in run(capsys, "doctor", "small.md")[1]


def test_a_start_with_a_good_host_starts(shop: Path, capsys: Capture) -> None:
    code, out, err = started(capsys)
    assert (code, err) == (0, "")
    assert "Run 1 of" in out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SHOP_SSH", "root@127.0.0.1:1", "nothing listens there"),
        ("SHOP_KEY", "/nowhere/key", "the private key's file is not there"),
        ("SHOP_KNOWN_HOSTS", "/dev/null", "its host key is unknown"),
        ("SHOP_URL", "http://127.0.0.1:1", "nothing answers at its address"),
        ("GONOGO_CHANNEL", "#deploys", "environment: GONOGO_CHANNEL holds no channel id (C…)"),
        ("SHOP_DBA", "UDBA, U1, @nok", "environment: SHOP_DBA: number 3 of 3 is no id of a Slack user (U…)"),
    ],
)
def test_a_start_names_what_cannot_be_reached_and_why(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = started(capsys)
    assert code == 1
    assert words in err
    assert "Fix this first; `gonogo doctor small.md` checks it again" in err
    assert Store(shop / "gonogo.db").runs() == []


def test_a_changed_host_key_and_a_wrong_key_are_different_failures(
    shop: Path, ssh: SshServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    import asyncssh

    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(other / "key")
    kind_and_key = key.export_public_key().decode().split()[:2]
    (other / "hosts").write_text(f"[127.0.0.1]:{ssh.port} {' '.join(kind_and_key)}\n")
    with monkeypatch.context() as patched:
        patched.setenv("SHOP_KEY", str(other / "key"))
        assert "it refuses the key" in started(capsys)[2]
    monkeypatch.setenv("SHOP_KNOWN_HOSTS", str(other / "hosts"))
    assert "its host key has CHANGED" in started(capsys)[2]


def test_a_silent_host_delays_a_start_no_longer_than_the_limit(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "START_LIMIT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connections: list[socket.socket] = []
        threading.Thread(target=lambda: connections.append(silent.accept()[0]), daemon=True).start()
        monkeypatch.setenv("SHOP_SSH", f"root@127.0.0.1:{silent.getsockname()[1]}")
        code, _, err = started(capsys)
        for connection in connections:
            connection.close()
    assert code == 1
    assert "host backend: gave no answer within 1 s" in err


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_host_whose_shell_prints_by_itself_is_a_warning_and_its_words_are_no_answers(
    shop: Path, ssh: SshServer, capsys: Capture
) -> None:
    greeting = ssh.host.home / ".bashrc"
    greeting.write_text("echo; echo Welcome to production\necho missing=setsid\necho closed=yes\n")
    try:
        out = run(capsys, "doctor", "small.md")[1]
        code = started(capsys)[0]
    finally:
        greeting.unlink()
    assert "warn  host backend: its shell prints by itself before each command: “Welcome to production”" in out
    assert "ok    host backend: logged in as" in out
    assert "ok    host backend: programs found: echo" in out
    assert code == 0


def test_the_bots_own_machine_is_a_host_whose_programs_are_looked_up(shop: Path, capsys: Capture) -> None:
    page = shop / "small.md"
    host = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    page.write_text(page.read_text().replace(host, 'address = "local"').replace('"echo deploy"', '"no-such-ctl apply"'))
    code, out, _ = run(capsys, "doctor", "small.md", "--no-slack")
    assert "ok    host backend: the bot's own machine, used as" in out
    assert "fail  host backend: not found on its PATH: no-such-ctl: install them there" in out
    assert code == 1
    plan = run(capsys, "plan", str(page))[1]
    assert "host backend is the bot's own machine: commands run as the bot's user and can read its keys" in plan


@pytest.mark.parametrize(
    ("command", "words"),
    [("/usr/sbin/nologin", "(exit code 1): “This account is currently not available.”"), ("exit 3", "(exit code 3)")],
)
def test_a_host_that_runs_something_else_is_named_before_anything_begins(
    shop: Path, ssh: SshServer, capsys: Capture, command: str, words: str
) -> None:
    keys = ssh.host.keys / "authorized_keys"
    key = keys.read_text()
    keys.write_text(f'command="{command}" {key}')
    try:
        out = run(capsys, "doctor", "small.md")[1]
        code, _, err = started(capsys)
    finally:
        keys.write_text(key)
    for said in (out, err):
        assert f"Host “backend” ran something other than the bot's command {words}. Check its user's account" in said
    assert code == 1
    assert Store(shop / "gonogo.db").runs() == []


def test_a_program_that_the_host_lacks_is_named(shop: Path, capsys: Capture) -> None:
    page = shop / "small.md"
    page.write_text(page.read_text().replace('"echo deploy"', '"no-such-program --now"'))
    assert "not found on its PATH: no-such-program" in started(capsys)[2]


def test_the_page_may_be_named_by_its_path(shop: Path, capsys: Capture) -> None:
    shutil.copy(shop / "small.md", shop / "other.md")
    assert "other.md" in run(capsys, "doctor", str(shop / "other.md"))[1]
    assert "There is no page “nothing”" in run(capsys, "doctor", "nothing")[2]


def test_what_the_next_page_lacks_is_a_warning(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    first, then = shop / "small.md", shop / "then.md"
    then.write_text(first.read_text().replace('"echo deploy"', '"no-such-program --now"'))
    first.write_text(
        first.read_text().replace('toml decision\nrole = "lead"', 'toml decision\nrole = "lead"\nstarts = "then.md"')
    )
    monkeypatch.setenv("GONOGO_RUNBOOK", str(shop))
    code, out, _ = started(capsys, "small.md")
    assert code == 0, "the next page can be fixed until KEEP"
    assert "then.md, started by KEEP: host backend" in out
    assert "not found on its PATH: no-such-program" in out
    then.unlink()
    assert "KEEP starts this page, and it does not exist" in run(capsys, "doctor", "small.md")[1]


def test_a_start_at_the_terminal_says_if_keep_will_start_another_text_of_the_next_page(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, then = shop / "small.md", shop / "then.md"
    then.write_text(first.read_text())
    first.write_text(
        first.read_text().replace('toml decision\nrole = "lead"', 'toml decision\nrole = "lead"\nstarts = "then.md"')
    )
    monkeypatch.setenv("GONOGO_RUNBOOK", str(shop))
    serve_once()
    then.write_text(then.read_text().replace('"echo deploy"', '"echo more"'))
    code, out, _ = run(capsys, "start", "small.md")
    assert code == 0
    assert "Warning: the bot serves another text of then.md, and KEEP starts the bot's." in out


def test_the_check_before_a_start_reads_the_pages_as_the_bot_runs_them(shop: Path) -> None:
    first, then = shop / "small.md", shop / "then.md"
    then.write_text(first.read_text())
    first.write_text(
        first.read_text().replace('toml decision\nrole = "lead"', 'toml decision\nrole = "lead"\nstarts = "then.md"')
    )
    settings = replace(read_settings(os.environ), slack=False, runbook=shop)
    served = read_pages(shop)
    assert doctor.preflight(settings, served["small.md"], "", lambda: served).warnings == ()
    then.write_text(then.read_text().replace('"echo deploy"', '"no-such-program --now"'))
    (warning,) = doctor.preflight(settings, served["small.md"], "", lambda: served).warnings
    assert "then.md, started by KEEP: then.md: its file has changed since the bot read it" in warning
    assert "restart `gonogo serve`" in warning
    first.unlink()
    assert len(doctor.preflight(settings, served["small.md"], "", lambda: served).warnings) == 1


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"GONOGO_CHANNEL": "C0NOWHERE"}, "Slack: channel C0NOWHERE: Slack answers channel_not_found"),
        ({"SHOP_DBA": "UDBA, ULEFT, U1"}, "Slack: ULEFT (dba) is deactivated → name somebody else in SHOP_DBA"),
        ({}, ""),
    ],
)
def test_a_start_asks_slack_as_the_doctor_does(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: str
) -> None:
    people = [Person(name, name) for name in ("UDBA", "U1", "ULEAD", "UDEPUTY")]

    async def story() -> tuple[int, str, str]:
        workspace = Workspace([*people, Person("ULEFT", "Left", deleted=True)], channel="C1", scopes=SCOPES)
        await workspace.start()
        tokens = {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
        for name, value in ({"SLACK_API_URL": workspace.api_url} | tokens | changes).items():
            monkeypatch.setenv(name, value)
        result = await asyncio.to_thread(started, capsys)
        await workspace.stop()
        return result

    code, out, err = asyncio.run(story())
    assert code == (1 if words else 0), err
    assert words in err
    assert "not checked" not in out
    assert len(Store(shop / "gonogo.db").runs()) == (0 if words else 1)


def test_a_start_without_a_token_says_that_slack_was_not_checked(shop: Path, capsys: Capture) -> None:
    code, out, _ = started(capsys)
    assert code == 0
    assert "SLACK_BOT_TOKEN is not set here, so Slack was not checked" in out
