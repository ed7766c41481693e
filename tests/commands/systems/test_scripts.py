"""The shell, SQL and awk programs are found by their names, and are valid programs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import commands.systems
from commands.systems.scripts import script

ROOT = Path(commands.systems.__file__).parent
BEFORE = {"logs/log_lines.awk": "logs/log_level.awk"}  # what defines functions for it
NAMES = sorted(f"{path.parent.parent.name}/{path.name}" for path in ROOT.glob("*/scripts/*"))


def names(suffix: str) -> list[str]:
    """The programs in one language."""
    return [name for name in NAMES if name.endswith(suffix)]


def test_a_program_is_loaded_exactly_as_its_file_is() -> None:
    assert script("postgres/need.sql") == (ROOT / "postgres/scripts/need.sql").read_text(encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        script("postgres/none.sql")


def test_every_program_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.parent.rglob("*.py"))
    code = re.sub(r"examples=\[.*?\]", "", code, flags=re.DOTALL)  # files of a page
    used = set(re.findall(r"""["'](\w+/\w+\.(?:sh|sql|awk))["']""", code))
    assert used == set(NAMES)


@pytest.mark.parametrize("name", names(".sh"))
def test_a_shell_program_is_valid_bash(name: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=script(name), text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", names(".awk"))
def test_an_awk_program_runs_on_no_input(name: str) -> None:
    words = {"PATH": os.environ["PATH"], "BAD": "error"}
    program = "".join(script(part) for part in (BEFORE.get(name), name) if part)
    ran = subprocess.run(
        ["awk", program], stdin=subprocess.DEVNULL, env=words, text=True, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_program_starts_with_a_comment_that_says_what_it_does(name: str) -> None:
    assert re.match(r"(#|--) \w.*\n", script(name))
