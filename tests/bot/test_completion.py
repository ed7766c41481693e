"""`gonogo completion`: the shells take the scripts, and a real bash completes words and pages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bot.command import Capture, run

BASH = """
source gonogo.bash
COMP_WORDS=(gonogo "$@") COMP_CWORD=$#
COMP_LINE="gonogo $*" COMP_POINT=$((${#COMP_LINE}))
_shtab_gonogo
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path, capsys: Capture) -> Path:
    """A folder with two pages, another file, and bash's script."""
    for name in ("option-a.md", "option-b.md", "option-c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "gonogo.bash").write_text(run(capsys, "completion", "bash")[1])
    return tmp_path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(tmp_path: Path, capsys: Capture, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    code, out, _ = run(capsys, "completion", shell)
    (tmp_path / "script").write_text(out)
    assert code == 0
    assert "gonogo" in out
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["roll"], ["rollback"]),
        (["doctor", "--no"], ["--no-slack"]),
        (["completion", "f"], ["fish"]),
        (["check", "option"], ["option-a.md", "option-b.md"]),
        (["plan", "option"], ["option-a.md", "option-b.md"]),
        (["preview", "option"], ["option-a.md", "option-b.md"]),
        (["preview", "option-a.md", "--out", "option-c"], ["option-c.txt"]),
    ],
)
def test_a_real_bash_completes_commands_options_and_pages(folder: Path, words: list[str], found: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", *words], cwd=folder, capture_output=True, text=True, timeout=30, check=True
    )
    assert sorted(done.stdout.split()) == found, done.stderr
