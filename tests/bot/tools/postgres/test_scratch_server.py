"""A scratch server dies with its bot, and the next bot removes what is left of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.tools.postgres.scratch_folder import remove_abandoned
from bot.tools.postgres.scratch_server import space_for
from tests.bot.tools.helpers import NEED, eventually, scratch_processes

# a bot that starts a server, prints its folder, and waits to be killed
BOT = """
import sys, threading
from pathlib import Path
from bot.tools.postgres.server_programs import choose_programs, program_folders
from bot.tools.postgres.scratch_server import local_server
from commands.ports.scratch_server import ScratchNeeds
need = ScratchNeeds(size=8_000_000, encoding="UTF8", oldest=18, newest=None)
with local_server(choose_programs(need, program_folders()), need, Path(sys.argv[1]), threading.Event()) as server:
    print(server.folder, flush=True)
    threading.Event().wait()
"""


StartBot = Callable[[], tuple[subprocess.Popen[str], Path]]


@pytest.fixture
def start_bot(temp: Path) -> Iterator[StartBot]:
    """Starts bots as processes and returns each with its server's folder; none outlives the test."""
    bots: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], Path]:
        words = [sys.executable, "-c", BOT, str(temp)]
        bots.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True))
        assert bots[-1].stdout
        return bots[-1], Path(bots[-1].stdout.readline().strip())

    yield start
    for bot in bots:
        bot.kill()
        bot.wait()
        if bot.stdout:
            bot.stdout.close()
    assert eventually(lambda: not scratch_processes(temp))


def processes_of(temp: Path, folder: Path) -> list[str]:
    """The command lines of one server's processes."""
    lines = [" ".join(process.cmdline()) for process in scratch_processes(temp)]
    return [line for line in lines if str(folder) in line]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_and_its_folder_die_with_a_bot_that_is_killed(
    temp: Path, start_bot: StartBot, how: signal.Signals
) -> None:
    bot, folder = start_bot()
    assert folder.exists()
    assert scratch_processes(temp)
    bot.send_signal(how)
    bot.communicate()
    assert eventually(lambda: not folder.exists() and not scratch_processes(temp)), (
        list(temp.iterdir()),
        scratch_processes(temp),
    )


def test_the_next_bot_removes_the_server_of_a_bot_whose_guard_died_too_and_keeps_the_living(
    temp: Path, start_bot: StartBot
) -> None:
    dead_bot, abandoned = start_bot()
    living_bot, kept = start_bot()
    for process in scratch_processes(temp):
        if process.name() == "sh" and str(abandoned) in process.cmdline():
            process.kill()
    dead_bot.kill()
    dead_bot.communicate()
    assert processes_of(temp, abandoned), "its server does not run, so this test proves nothing"
    assert remove_abandoned(temp) == space_for(NEED), "the living bot's reservation"
    assert eventually(lambda: not abandoned.exists() and not processes_of(temp, abandoned))
    assert kept.exists()
    living_bot.kill()
    living_bot.communicate()
    assert eventually(lambda: not kept.exists())
