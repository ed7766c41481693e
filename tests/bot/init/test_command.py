"""`gonogo init` as a person types it: flags, questions, bad answers, and files in the way."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bot.command import Capture, run

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the name of a service, where the commands run without a variable of a page."""
    folder = tmp_path / "Billing_API"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GONOGO_ENV_FILE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return folder


def test_init_check_env_and_plan_follow_each_other_as_the_output_says(here: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "init", "--stack", "django-systemd")
    assert (code, err) == (0, "")
    assert (
        "Wrote runbook.md (16 steps, from the recipe django-systemd) and .env.example (15 variables of the page)."
        in out
    )
    told = [line.strip().split(", and")[0].split(": ")[0] for line in out.split("Then:\n")[1].splitlines()]
    assert told[0] == "install -m 600 .env.example .env"
    subprocess.run(told[0].split(), check=True)
    assert run(capsys, *told[1].split()[1:])[:2] == (0, "runbook.md: ok, 16 steps for Billing api production\n")
    assert "T+0 min" in run(capsys, *told[2].split()[1:])[1]
    doctor = run(capsys, *told[3].split()[1:], "--no-slack")[1]
    assert "ok    environment: every variable that the page names is set" in doctor


@pytest.mark.parametrize("there", ["runbook.md", ".env.example"])
def test_a_file_that_is_there_is_never_written_over_and_nothing_else_is_written(
    here: Path, capsys: Capture, there: str
) -> None:
    (here / there).write_text("mine")
    code, _, err = run(capsys, "init", "--stack", "pm2")
    assert (code, err) == (
        1,
        f"gonogo: {there} is there already, so nothing was written. Give another name, or move it away.\n",
    )
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [(there, "mine")]
    assert run(capsys, "init", "deploy.md", "--stack", "pm2", "--env-example", "env.gonogo")[0] == 0
    assert "GONOGO_RUNBOOK=deploy.md" in (here / "env.gonogo").read_text()
    assert (here / there).read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_written_through(here: Path, capsys: Capture) -> None:
    (here / "runbook.md").symlink_to(here / "elsewhere")
    assert run(capsys, "init", "--stack", "pm2")[0] == 1
    assert not (here / "elsewhere").exists()
    assert not (here / ".env.example").exists()


def test_where_one_file_cannot_be_written_the_other_is_not_left(here: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "init", "--stack", "pm2", "--env-example", "none/x")
    assert (code, err) == (1, "gonogo: none/x cannot be written: No such file or directory. Nothing was written.\n")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ([], "Nobody can be asked here, so say --stack: one of compose, django-systemd, "),
        (["--stack", "djago-systemd"], "There is no stack “djago-systemd”; did you mean “django-systemd”? Stacks: "),
        (["--stack", "pm2", "--name", "My Shop"], "“My Shop” is no name for it"),
        (["--stack", "pm2", "--migrate", "liquibase"], "“liquibase” is no migration tool that can be written here"),
        (
            ["--stack", "pm2", "--migrate", "sql"],
            "For plain SQL files or another tool, take none",
        ),
        (["--stack", "pm2", "--migrate", "prisma"], "prisma has no way back"),
        (["--stack", "pm2", "--hosts", "0"], "“0” is no number of hosts"),
        (["--stack", "pm2", "--hosts", "web1"], "“web1” is no number of hosts"),
        (["--stack", "pm2", "--roles", "DBA"], "“DBA” is no name of a role"),
        (["--stack", "pm2", "--roles", "dba,dba"], "The role dba is there twice"),
        (["--stack", "kubernetes", "--hosts", "2"], "uses no host over SSH"),
    ],
)
def test_a_bad_flag_is_one_sentence_and_nothing_is_written(
    here: Path, capsys: Capture, flags: list[str], why: str
) -> None:
    code, _, err = run(capsys, "init", *flags)
    assert (code, err.count("\n")) == (1, 1)
    assert why in err
    assert list(here.iterdir()) == []


class Typist:
    """`gonogo init` at a real terminal, and a person who types."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.terminal, other = pty.openpty()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
        command = [sys.executable, "-m", "bot.cli", "init", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=other, stdout=other, stderr=other, env=env, start_new_session=True
        )
        os.close(other)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Wait until the terminal shows a text after what was waited for before."""
        deadline = time.monotonic() + 50
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} did not come: {self.seen!r}"
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.seen += os.read(self.terminal, 4096).decode()
        self.seen = self.seen.split(text, 1)[1]

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, and again if it came right before the program began to wait for a line."""
        for _ in range(10):
            os.killpg(self.process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return

    def end(self) -> int:
        """The exit code."""
        code = self.process.wait(50)
        os.close(self.terminal)
        return code


def test_at_a_terminal_each_open_question_is_asked_until_its_answer_is_good(here: Path) -> None:
    typist = Typist(here, "--name", "billing")
    typist.wait_for("What runs it?")
    typist.type("nomad\n")
    typist.wait_for("There is no stack “nomad”")
    typist.wait_for("What runs it?")
    typist.type("pm2\n")
    typist.wait_for("How does it migrate?")
    typist.wait_for("[django]")
    typist.type("prisma\n")
    typist.wait_for("prisma has no way back")
    typist.wait_for("How does it migrate?")
    typist.type("alembic\n")
    typist.wait_for("How many hosts run it? [1]")
    typist.type("2\n")
    typist.wait_for("Which roles has the team?")
    typist.wait_for("[dba,devops,tech_lead]")
    typist.type("\n")
    typist.wait_for("Wrote runbook.md")
    typist.wait_for("gonogo doctor runbook.md")
    assert typist.end() == 0
    text = (here / "runbook.md").read_text()
    assert "# Deploy billing (pm2, alembic, 2 hosts)" in text
    assert 'address = ["$BILLING_SSH_1", "$BILLING_SSH_2"]' in text


@pytest.mark.parametrize(("key", "code"), [("\x04", 1), ("\x03", 130)])
def test_who_breaks_off_leaves_nothing_behind(here: Path, key: str, code: int) -> None:
    typist = Typist(here, "--stack", "kubernetes")
    typist.wait_for("What is it called? [billing-api]")
    if key == "\x03":
        typist.interrupt()
    else:
        typist.type(key)
    assert typist.end() == code
    assert list(here.iterdir()) == []
