"""Throw-away servers die with their bot, however that ends, and what one left is removed by the next; the fittest programs are taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.programs import postgres_programs
from bot.tools.postgres import scratch_server as throwaway
from bot.tools.postgres.scratch_folder import PREFIX, sweep
from bot.tools.postgres.server_programs import fit, give_to_server, program_folders
from tests.bot.tools.scratches import NEED, servers
from tests.bot.tools.ssh.test_shell import eventually

# a bot that has borrowed a server, says its folder, and waits to be killed
BOT = """
import sys, threading
from pathlib import Path
from bot.tools.postgres.server_programs import fit, program_folders
from bot.tools.postgres.scratch_server import throwaway_server
from commands.ports.scratch_server import ScratchNeeds
need = ScratchNeeds(size=8_000_000, encoding="UTF8", oldest=18, newest=None)
with throwaway_server(fit(need, program_folders()), need, Path(sys.argv[1]), threading.Event()) as server:
    print(server.folder, flush=True)
    threading.Event().wait()
"""


Begin = Callable[[], tuple[subprocess.Popen[str], Path]]


@pytest.fixture
def begin(temp: Path) -> Iterator[Begin]:
    """Begins bots in processes of their own, each with the folder of its server; none outlives the test."""
    bots: list[subprocess.Popen[str]] = []

    def one_more() -> tuple[subprocess.Popen[str], Path]:
        words = [sys.executable, "-c", BOT, str(temp)]
        bots.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True))
        assert bots[-1].stdout
        return bots[-1], Path(bots[-1].stdout.readline().strip())

    yield one_more
    for bot in bots:
        bot.kill()
        bot.wait()
        if bot.stdout:
            bot.stdout.close()
    assert eventually(lambda: not servers(temp), 20)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_bot_that_is_killed_takes_its_server_and_folder_with_it(
    temp: Path, begin: Begin, how: signal.Signals
) -> None:
    bot, folder = begin()
    assert folder.exists()
    assert servers(temp)
    bot.send_signal(how)
    bot.communicate()
    assert eventually(lambda: not folder.exists() and not servers(temp), 10), (list(temp.iterdir()), servers(temp))


def test_what_a_bot_left_whose_guard_died_too_is_removed_by_the_next_one_and_what_lives_stays(
    temp: Path, begin: Begin
) -> None:
    dead, left = begin()
    living, stays = begin()
    for process in servers(temp):
        if process.name() == "sh" and str(left) in process.cmdline():
            process.kill()
    dead.kill()
    dead.communicate()
    assert [one for one in servers(temp) if str(left) in " ".join(one.cmdline())], (
        "its server must run, or nothing is tested"
    )
    promised = sweep(temp)
    assert promised == throwaway.room(NEED), "the living bot's promise"
    assert eventually(lambda: not left.exists() and not any(str(left) in " ".join(p.cmdline()) for p in servers(temp)))
    assert stays.exists()
    living.kill()
    living.communicate()
    assert eventually(lambda: not stays.exists(), 10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder somebody else's")
def test_a_folder_of_somebody_elses_and_one_that_is_just_being_made_are_left_alone(temp: Path) -> None:
    names = [f"{PREFIX}{name}" for name in ("young", "old", "others")]
    for name in names:
        (temp / name).mkdir()
        give_to_server(temp / name)
    os.chown(temp / names[2], 1, 1)
    for name in names[1:]:
        subprocess.run(["touch", "-d", "2 minutes ago", str(temp / name)], check=True)
    assert sweep(temp) == 0
    assert sorted(one.name for one in temp.iterdir()) == sorted([names[0], names[2]])


def test_the_programs_of_this_machine_are_found() -> None:
    assert postgres_programs() in program_folders()


def test_the_version_nearest_to_productions_is_taken(tmp_path: Path) -> None:
    folders = []
    for major in (17, 13, 15):
        folder = tmp_path / str(major)
        folder.mkdir()
        (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.2'\n")
        (folder / "postgres").chmod(0o755)
        folders.append(folder)
    for parent in (tmp_path, *list(tmp_path.parents)[:-2]):
        parent.chmod(0o755)
    assert fit(replace(NEED, oldest=14), folders).major == 15
