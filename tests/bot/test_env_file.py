"""The file `.env`: read by every command, for its owner alone, and after the real environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.env_file import Environment
from bot.settings import read_settings
from bot.wiring import tools_for
from state.errors import BadSettings
from tests.bot.command import Become, Capture, run
from tests.pages import small

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in the test's own folder, where they look for `.env`."""
    monkeypatch.delenv("GONOGO_ENV_FILE")
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = ".env", mode: int = 0o600) -> Path:
    """A file of variables in this folder."""
    path = Path(name).absolute()
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def read(**real: str) -> dict[str, str]:
    """What a command reads whose real environment is this."""
    return dict(Environment(real).read())


def problem(**real: str) -> str:
    """Why the environment is refused."""
    with pytest.raises(BadSettings) as refused:
        read(**real)
    return str(refused.value)


def test_without_a_file_only_the_real_environment_counts() -> None:
    assert read(SHOP="real") == {"SHOP": "real"}


def test_the_real_environment_wins_also_with_an_empty_value() -> None:
    write("SHOP=file\nEMPTY=file\nMORE=file\n")
    assert read(SHOP="real", EMPTY="") == {"SHOP": "real", "EMPTY": "", "MORE": "file"}


def test_values_are_taken_as_they_are() -> None:
    write("\ufeffexport A='it ${SHOP}'\n\n# a comment\nB=\"two\nlines\"\nC=a#b # a comment\nD=\n")
    assert read(SHOP="real") == {"SHOP": "real", "A": "it ${SHOP}", "B": "two\nlines", "C": "a#b", "D": ""}


@pytest.mark.fault("one text, two readers")
def test_a_file_of_an_editor_on_windows_is_read_as_it_was_meant() -> None:
    text = "# c\r\nA=postgresql://u:p@h/db\r\nB='a b'\r\nC=\"two\r\nlines\r\n\"\r\nD=\r\nE=last # note\r\n"
    path = write("")
    path.write_bytes(text.encode())
    assert read() == {"A": "postgresql://u:p@h/db", "B": "a b", "C": "two\nlines\n", "D": "", "E": "last"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A=1\n\nsecret-57\n", ".env, line 3: it is not of the form NAME=value"),
        ("A=1\nB='secret-57\n", ".env, line 2: it is not of the form NAME=value"),
        ("A\n", ".env, line 1: it is not of the form NAME=value"),
        ("my-secret-57=1\n", ".env, line 1: it is not of the form NAME=value"),
        ("A=secret-57\nA=2\n", ".env, line 2: A is set a second time"),
        ("A=“secret-57”\n", '.env, line 1: the value of A begins with a typographic quote (“); write " or none'),
        ("PATH=/secret-57\n", ".env, line 1: PATH counts only in the real environment"),
        ("A=secret-57-and-more\0\n", ".env holds zero bytes: save it as UTF-8."),
    ],
)
def test_a_line_that_says_nothing_clear_is_named_without_its_value(text: str, words: str) -> None:
    write(text)
    assert words in problem()
    assert "secret-57" not in problem()


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", ".env holds zero bytes (UTF-16?): save it as UTF-8."),
        ("utf-16-be", ".env holds zero bytes (UTF-16?): save it as UTF-8."),
        ("cp1252", ".env is not UTF-8 text: save it as UTF-8."),
    ],
)
def test_a_file_of_another_encoding_is_named_with_how_to_save_it(encoding: str, words: str) -> None:
    write("").write_bytes("A=secret-57\r\nB=Köln\r\n".encode(encoding))
    assert problem().endswith(words)


def test_a_file_that_is_too_long_is_called_that_and_not_of_another_encoding() -> None:
    write("A=" + "ö" * 500_000 + "\n")
    assert problem().endswith(".env is no file of variables: it is longer than 1000000 bytes.")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused_with_what_to_type(mode: int) -> None:
    path = write("A=1\n", mode=mode)
    assert problem().endswith(f"others than its owner may use it (mode {mode:04o}): run `chmod 600 {path}`.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused() -> None:
    path = write("A=1\n")
    os.chown(path, 12_345, -1)
    assert problem() == (
        f"{path} belongs to user 12345, and this process runs as root: run it as user 12345, or give root the file."
    )


def test_what_is_no_file_is_refused_and_not_waited_for() -> None:
    os.mkfifo(".env", 0o600)
    assert problem().endswith(".env is not a regular file.")
    Path(".env").unlink()
    Path(".env").mkdir(mode=0o700)
    assert problem().endswith(".env is not a regular file.")


def test_a_file_that_is_named_must_be_there_and_none_is_read_where_the_name_is_empty() -> None:
    write("A=default\n")
    path = write("A=named\n", "of-the-bot")
    assert read(GONOGO_ENV_FILE=str(path))["A"] == "named"
    assert "A" not in read(GONOGO_ENV_FILE="")
    assert (
        problem(GONOGO_ENV_FILE="none")
        == f"GONOGO_ENV_FILE names {Path('none').absolute()}, and there is no such file."
    )


def test_what_was_read_stays_known_when_the_file_is_gone() -> None:
    path = write("SHOP_TOKEN=kX9vB2qT7mN4\n")
    environment = Environment({})
    environment.read()
    path.unlink()
    assert environment.read() == environment.known == {"SHOP_TOKEN": "kX9vB2qT7mN4"}


def test_every_command_reads_the_file(
    served: Path, become: Become, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = served / "small.md"
    page.write_text(page.read_text().replace('target = "shop"', 'target = "shop"\none_person_per_role = true'))
    names = ("SHOP_DBA", "SHOP_LEAD", "GONOGO_STATE", "GONOGO_RUNBOOK")
    write("".join(f"{name}={os.environ[name] if name.startswith('GONOGO') else 'ULEAD'}\n" for name in names))
    for name in names:
        monkeypatch.delenv(name)
    assert "needs 2 different people" in run(capsys, "check", str(page))[1]
    assert "needs 2 different people" in run(capsys, "doctor", "--no-slack")[1]
    assert f"No run is active in {served / 'gonogo.db'}" in run(capsys, "status")[2]
    assert f"There is no run in {served / 'gonogo.db'}" in run(capsys, "verify")[1]
    assert "from gonogo.db" not in run(capsys, "record", "copy", "$GONOGO_STATE", str(served / "copy.db"))[1]
    assert (served / "copy.db").exists()


def test_a_bad_file_keeps_nobody_from_stopping_a_run(served: Path, become: Become, capsys: Capture) -> None:
    become("guest")
    write("A=1\n", mode=0o644)
    for verb in ("check", "doctor", "serve"):
        code, _, err = run(capsys, verb, *([str(served / "small.md")] if verb == "check" else []))
        assert (code, "chmod 600" in err) == (1, True), verb
    err = run(capsys, "rollback", "it burns")[2]
    assert "chmod 600" in err
    assert "This command goes on without that file." in err
    assert "No run is active" in err, "the command itself was not tried"


def test_the_traceback_of_a_command_shows_no_secret_of_the_file(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("GIT_DEPLOY_TOKEN=kX9vB2qT7mN4\n")

    def fail(*_: object) -> None:
        path.unlink()
        raise RuntimeError("it broke with kX9vB2qT7mN4")

    monkeypatch.setattr("bot.settings.read_settings", fail)
    _, out, err = run(capsys, "doctor")
    assert "RuntimeError: it broke with •••" in err
    assert "kX9vB2qT7mN4" not in out + err


def test_commands_on_this_machine_get_nothing_of_the_file_but_what_the_page_names(tmp_path: Path) -> None:
    write("SHOP_TOKEN=kX9vB2qT7mN4\nKUBECONFIG=/etc/kube\nSHOP_URL=http://x\n")
    host = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
    page = small(**{host: 'address = "local"\nenv = ["$KUBECONFIG"]'})
    real = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    tools = tools_for(page, read_settings(Environment(real).read()))
    names = tools.shell.ask("backend", "env | cut -d = -f 1").tail.split()
    assert set(names) - {"_", "SHLVL", "PWD", "OLDPWD"} == {"PATH", "HOME", "KUBECONFIG"}
    tools.close()


def test_the_variables_of_the_file_are_not_in_the_process_that_reads_it() -> None:
    """A child process that inherits the environment, as the SQL linter does, gets none of them."""
    write("SHOP_TOKEN=kX9vB2qT7mN4\n")
    shutil.copy(ROOT / "bot" / "runbooks" / "option-a.md", "page.md")
    code = (
        "import os, subprocess; from bot.cli import main; assert main(['check', 'page.md']) == 0;"
        "print(subprocess.run(['env'], capture_output=True, text=True).stdout)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert "PATH=" in ended.stdout
    assert "SHOP_TOKEN" not in ended.stdout
