"""A rehearsal whose question about owners fails in the database itself says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from commands.systems.migrations.on_copy import owner_failure, owner_lines
from commands.systems.scripts import script

AROUND = """set -euo pipefail
psql() { echo 'psql:<stdin>:3: ERROR:  role "mover" does not exist' >&2; return 3; }
own_user() { echo mover; }
acts_as() { echo "$1"; }
without_values() { cat; }
compare=(yes) MAY_CHANGE=
"""


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_question_that_fails_is_not_taken_for_a_yes(tmp_path: Path) -> None:
    for number in (0, 1):
        (tmp_path / f"owned.{number}").write_text(f"1/2\x1frelation\x1forders\x1fpublic\x1f{number}\n")
    program = f"{AROUND}work={tmp_path}\n{script('migrations/owners.sh')}may_change"
    ran = subprocess.run(["bash", "-c", program], text=True, capture_output=True, check=True)
    assert owner_failure(ran.stdout, "mover") == ""
    [line] = owner_lines(ran.stdout, "mover")
    assert line.startswith("NOT asked in the database itself: whether mover may change what the tool changed on")
    assert line.endswith('(role "mover" does not exist)')
