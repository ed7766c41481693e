"""`gonogo doctor` and `gonogo start` on a real host: what is wrong is told apart, and a start that cannot go well is none."""

from __future__ import annotations

import shutil
import socket
import threading
from pathlib import Path

import pytest

from bot.cli import main
from bot.doctor import visit as doctor
from bot.rehearsal.target.ssh_server import SshServer
from state.sqlite.store import Store

Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """Run a command; its exit code, stdout and stderr."""
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def test_doctor_ends_with_1_and_says_what_to_mend(shop: Path, capsys: Capture) -> None:
    code, out, _ = said(capsys, "doctor", "small.md")
    assert code == 1, "without Slack's token it must fail"
    assert "fail  Slack: SLACK_BOT_TOKEN is not set" in out
    assert "ok    host backend: its programs are there: echo" in out
    assert "ok    web api: answers (404" in out
    assert "1 to mend" in out


def test_a_start_on_a_good_host_begins(shop: Path, capsys: Capture) -> None:
    code, out, err = said(capsys, "start", "--as", "U1")
    assert (code, err) == (0, "")
    assert "Run 1 of" in out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SHOP_SSH", "root@127.0.0.1:1", "nobody listens there"),
        ("SHOP_KEY", "/nowhere/key", "the private key's file cannot be read"),
        ("SHOP_KNOWN_HOSTS", "/dev/null", "its host key is unknown"),
        ("SHOP_URL", "http://127.0.0.1:1", "nobody answers at its address"),
    ],
)
def test_a_start_names_what_cannot_be_reached_and_why(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = said(capsys, "start", "--as", "U1")
    assert code == 1
    assert words in err
    assert "mend this first (gonogo doctor small.md looks again)" in err
    assert Store(shop / "gonogo.db").runs() == []


def test_a_changed_host_key_and_a_wrong_key_are_told_apart(
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
        assert "it refuses the key" in said(capsys, "start")[2]
    monkeypatch.setenv("SHOP_KNOWN_HOSTS", str(other / "hosts"))
    assert "its host key has CHANGED" in said(capsys, "start")[2]


def test_a_host_that_accepts_and_is_silent_holds_up_a_start_no_longer_than_its_limit(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "AT_START", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kept: list[socket.socket] = []
        threading.Thread(target=lambda: kept.append(silent.accept()[0]), daemon=True).start()
        monkeypatch.setenv("SHOP_SSH", f"root@127.0.0.1:{silent.getsockname()[1]}")
        code, _, err = said(capsys, "start")
        for one in kept:
            one.close()
    assert code == 1
    assert "host backend: gave no answer within 1 s" in err


def test_a_program_that_the_host_lacks_is_named(shop: Path, capsys: Capture) -> None:
    page = shop / "small.md"
    page.write_text(page.read_text().replace('"echo deploy"', '"no-such-program --now"'))
    assert "not found on its PATH: no-such-program" in said(capsys, "start")[2]


def test_the_page_may_be_named_by_its_path(shop: Path, capsys: Capture) -> None:
    shutil.copy(shop / "small.md", shop / "other.md")
    assert "other.md" in said(capsys, "doctor", str(shop / "other.md"))[1]
    assert "There is no page “nothing”" in said(capsys, "doctor", "nothing")[2]


def test_what_the_page_lacks_that_keep_starts_is_a_warning_before_the_first(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, then = shop / "small.md", shop / "then.md"
    then.write_text(first.read_text().replace('"echo deploy"', '"no-such-program --now"'))
    first.write_text(
        first.read_text().replace('toml decision\nrole = "lead"', 'toml decision\nrole = "lead"\nstarts = "then.md"')
    )
    monkeypatch.setenv("GONOGO_RUNBOOK", str(shop))
    code, out, _ = said(capsys, "start", "small.md", "--as", "U1")
    assert code == 0, "what KEEP starts can be mended till then"
    assert "then.md, started by KEEP: host backend" in out
    assert "not found on its PATH: no-such-program" in out
    then.unlink()
    assert "KEEP starts this page, and it is not here" in said(capsys, "doctor", "small.md")[1]
