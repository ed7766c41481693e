"""A scratch folder reserves its space; only the folders of dead bots are removed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from bot.tools.postgres.scratch_folder import PREFIX, check_space, remove_abandoned, scratch_folder
from bot.tools.postgres.server_programs import give_to_server
from state.errors import Failed
from tests.bot.tools.helpers import eventually, scratch_processes


def test_a_folder_is_private_and_removed_at_the_end(temp: Path) -> None:
    with scratch_folder(temp, 1_000) as folder:
        assert folder.parent == temp
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
    assert list(temp.iterdir()) == []
    assert eventually(lambda: not scratch_processes(temp)), "its guard still runs"


def test_the_space_of_other_copies_is_reserved(temp: Path) -> None:
    with scratch_folder(temp, 1_000), scratch_folder(temp, 500):
        assert remove_abandoned(temp) == 1_500
    assert remove_abandoned(temp) == 0


def test_too_little_space_is_reported_in_numbers(temp: Path) -> None:
    size = psutil.disk_usage(str(temp)).free * 2
    with pytest.raises(Failed) as caught:
        check_space(temp, size)
    message = str(caught.value)
    assert message.startswith(f"the copy needs {size / 1e9:.1f} GB and {temp} on the bot's machine has "), message
    assert message.endswith(" GB free; free some space there, or set TMPDIR to another folder"), message


def test_a_folder_that_does_not_exist_is_named(temp: Path) -> None:
    with pytest.raises(Failed, match=rf"{temp}/none on the bot's machine cannot be read \(No such file"):
        check_space(temp / "none", 1)


def test_a_folder_whose_bot_is_dead_is_removed(temp: Path) -> None:
    folder = temp / f"{PREFIX}dead"
    folder.mkdir()
    (folder / "promised").write_text("1000")
    give_to_server(folder)
    assert remove_abandoned(temp) == 0
    assert not folder.exists(), "nobody holds its lock"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can create a folder for another user")
def test_a_young_folder_and_one_of_another_user_are_kept(temp: Path) -> None:
    young, old, other = (temp / f"{PREFIX}{name}" for name in ("young", "old", "other"))
    for folder in (young, old, other):
        folder.mkdir()
        give_to_server(folder)
    os.chown(other, 1, 1)
    for folder in (old, other):
        subprocess.run(["touch", "-d", "2 minutes ago", str(folder)], check=True)
    assert remove_abandoned(temp) == 0
    assert sorted(temp.iterdir()) == sorted([young, other])
