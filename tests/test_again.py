"""Tests that fail beside others are run once more, alone; a few only, and never in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RACE = """
import os, pathlib, pytest
mark = pathlib.Path(__file__).with_name("was here")
@pytest.mark.parametrize("n", range({count}))
def test_one(n):
    if not mark.with_name(f"{{n}}").exists():
        mark.with_name(f"{{n}}").write_text("")
        raise AssertionError
"""
BROKEN = "def test_one():\n    assert False\n"
NO_FILE = "import nothing_of_that_name\n"


def run(folder: Path, *texts: str, workers: int = 2) -> tuple[int, str]:
    for n, text in enumerate(texts):
        (folder / f"test_{n}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.again", f"-n{workers}", "-q", str(folder)]
    ended = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout


def test_what_passes_alone_is_named_as_a_race(tmp_path: Path) -> None:
    code, said = run(tmp_path, RACE.format(count=3))
    assert code == 0, said
    assert "passed alone. Each has a race" in said
    assert "test_0.py::test_one[2]" in said.split("run once more, alone")[-1]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([BROKEN], id="alone, too"),
        pytest.param([RACE.format(count=2), BROKEN], id="one of three alone, too"),
        pytest.param([RACE.format(count=4)], id="too many"),
        pytest.param([RACE.format(count=1), NO_FILE], id="a file that cannot be read"),
    ],
)
def test_all_else_stays_a_failure(tmp_path: Path, texts: list[str]) -> None:
    code, said = run(tmp_path, *texts)
    assert code not in (0, 5), said
    assert "passed alone" not in said
