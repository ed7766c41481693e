"""`python -m bot.rehearsal.target` prints shell lines, and stops on SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from bot.drill_box.locks import held
from bot.rehearsal.target.host import Host
from tests.bot.rehearsal.target.conftest import CACHE


def test_the_environment_can_be_read_by_a_shell_and_sigterm_stops_every_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot.rehearsal.target", str(tmp_path / "t"), "--cache", str(CACHE)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    with subprocess.Popen(
        [*command, "--name", "staging"], stdout=subprocess.PIPE, text=True, env=environment
    ) as target:
        assert target.stdout
        lines: list[str] = []
        while not (lines and lines[-1].startswith("export STAGING_LOGIN_PASSWORD=")):
            lines.append(target.stdout.readline())
            assert lines[-1], f"the target ended after {len(lines)} lines"
        target.send_signal(signal.SIGTERM)
        assert target.wait(60) == 0
    script = "".join(lines) + 'echo "$STAGING_SSH"'
    assert "@127.0.0.1:" in subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert Host(tmp_path / "t", CACHE).processes() == []


def test_a_folder_that_is_served_or_holds_other_files_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "mine").write_text("x")
    command = [sys.executable, "-m", "bot.rehearsal.target", str(folder), "--cache", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}

    def refused() -> str:
        ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
        assert (ended.returncode, ended.stdout, (folder / "mine").read_text()) == (1, "", "x")
        return ended.stderr

    assert refused() == f"{folder} holds other files; name a new or empty folder.\n"
    with held(next(tmp_path.glob("target-*.lock"))):
        assert refused().startswith(f"A target runs in {folder} already. End that one")
