"""The doctor names each file that another user could change, or read as a key."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from bot.doctor.files import check_files
from bot.settings import Settings
from tests.bot.command import Capture, run
from tests.pages import SMALL, small


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The small page, a key and known hosts, in a folder that only its owner may use."""
    (tmp_path / "small.md").write_text(SMALL)
    for name, mode in (("small.md", 0o644), ("key", 0o600), ("hosts", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    environ = {"SHOP_KEY": str(tmp_path / "key"), "SHOP_KNOWN_HOSTS": str(tmp_path / "hosts")}
    return Settings(runbook=tmp_path, state=tmp_path / "gonogo.db", environ=environ)


def lines(settings: Settings) -> list[str]:
    return [str(line) for line in check_files(settings, small())]


def test_private_files_have_no_line(settings: Settings) -> None:
    assert lines(settings) == []


def test_a_host_without_ssh_has_no_key_to_look_at(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o604)
    host = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    assert [*check_files(settings, small(**{host: 'address = "local"'}))] == []


def test_a_folder_and_a_public_key_in_the_place_of_a_key_are_not_to_be_closed(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("ssh-ed25519 AAAA robin\n")
    (tmp_path / "key").chmod(0o644)
    assert lines(settings) == []
    (tmp_path / "key").unlink()
    (tmp_path / "key").mkdir(mode=0o755)
    assert lines(settings) == []


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("key", 0o604, "fail  files: every user of this machine may read or change the private key of host backend"),
        ("key", 0o602, "fail  files: every user of this machine may read or change the private key of host backend"),
        ("key", 0o640, "warn  files: its group may read or change the private key of host backend"),
        ("hosts", 0o646, "fail  files: every user of this machine may change"),
        ("small.md", 0o646, "fail  files: every user of this machine may change"),
    ],
)
def test_a_file_that_others_may_use_is_named_with_what_to_do(
    settings: Settings, tmp_path: Path, name: str, mode: int, words: str
) -> None:
    (tmp_path / name).chmod(mode)
    (line,) = lines(settings)
    assert line.startswith(words)
    assert str(tmp_path / name) in line
    assert "chmod" in line


def test_a_folder_of_pages_in_which_everybody_may_write_is_named(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    try:
        assert [line for line in lines(settings) if f"may change {tmp_path}, a page" in line]
    finally:
        tmp_path.chmod(0o700)


def test_terminal_users_that_are_wrong_or_unknown_are_named(settings: Settings) -> None:
    def with_users(value: str) -> list[str]:
        environ = {**settings.environ, "GONOGO_TERMINAL_USERS": value}
        return lines(Settings(runbook=settings.runbook, state=settings.state, environ=environ))

    assert with_users(f"{getpass.getuser()}=U0123") == []
    (unknown,) = with_users("no-such-user=U0123")
    assert unknown.startswith(
        "warn  files: GONOGO_TERMINAL_USERS names no-such-user, and this machine has no such user"
    )
    (wrong,) = with_users("ana")
    assert wrong.startswith("fail  files: GONOGO_TERMINAL_USERS is wrong: 'ana' is not of the form")


def test_a_run_is_not_started_with_a_key_that_everybody_may_read(
    served: Path, become: object, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = served / "key"
    key.write_text("x")
    key.chmod(0o644)
    monkeypatch.setenv("SHOP_KEY", str(key))
    become("ursa")  # type: ignore[operator]
    code, _, err = run(capsys, "start")
    assert code == 1
    assert "every user of this machine may read or change the private key of host backend" in err
