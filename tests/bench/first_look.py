"""From a new process' start to its first look at the target: as a whole, and in its parts."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bot.rehearsal.record_server import RecordServer
from bot.rehearsal.workspace import Workspace
from commands.runbook import read_page
from commands.start.request import StartRequest
from state.journal import RecordKey
from state.place import open_record, place_of
from state.records import RunState
from tests.bench.bot_processes import CHANNEL, STARTER, as_installed, bot_environment, gonogo, temporary_folder
from tests.bench.load import (
    DBA,
    LEAD,
    Site,
    silent_host,
    site_of_checks,
    variables_of,
    watched_page,
    write_slow_page,
    write_watched_run,
)

TIMES = 7
KEY = "0123456789abcdef0123456789abcdef"
CACHE = Path(".cache/bench-start")
_OPEN = """
import os
from state.journal import RecordKey
from state.place import open_record, place_of
open_record(place_of(os.environ["GONOGO_STATE"]), serving=True, key=RecordKey(b"{key}"))
"""
_PAGE = "watched.md"
# what a process does, each part after those before it
PARTS = {
    "interpreter": "pass",
    "words of the terminal": "import bot.cli",
    "the bot's own code": "import gc; gc.disable(); import bot.serve",  # as `gonogo serve` does
    "the record opened": _OPEN.format(key=KEY),
    "the run's page": f"""
from pathlib import Path
from commands.runbook import read_stored_page
read_stored_page(Path("{_PAGE}").read_text(), "{_PAGE}")
""",
    "known keys of its hosts": "import bot.tools.fingerprints, bot.tools.ssh.key_files",
    "its web client": "import bot.tools.web",
}
LAST = "its turns and first check"
# only where the place that is asked first speaks TLS, which that of this benchmark does not
TLS = "certificates for TLS"
_TLS = "from bot.tools.web_client import tls_context; tls_context()"


async def measure_first_look() -> dict[str, float]:
    """Seconds for each kind of record: the least of processor times, and the median until the first look."""
    figures: dict[str, float] = {}
    with temporary_folder() as name, _server(Path(name)) as server:
        write_slow_page(Path(name))
        for kind, address in {"SQLite": f"{name}/gonogo.db", "PostgreSQL": server.address(server.port)}.items():
            parts = await _parts(Path(name), address)
            figures |= {f"{kind}, {part}, s": seconds for part, seconds in parts.items()}
    return figures


async def _parts(folder: Path, address: str) -> dict[str, float]:
    workspace = Workspace((STARTER, DBA, LEAD), CHANNEL)
    await workspace.start()
    async with site_of_checks() as site, silent_host() as host:
        env = bot_environment(workspace) | variables_of(folder, site.url, host, 1)
        env |= {"GONOGO_STATE": address, "GONOGO_RECORD_KEY": KEY, "GONOGO_CHANNEL": CHANNEL}
        (folder / _PAGE).write_text(watched_page(1, "15 min"), encoding="utf-8")
        looks = [await _first_look(site, env, folder) for _ in range(TIMES)]
        parts = await asyncio.to_thread(_least_of_parts, env, folder)
    await workspace.stop()
    whole, busy = statistics.median(seconds for seconds, _ in looks), min(busy for _, busy in looks)
    parts[LAST] = busy - sum(parts.values()) + parts[TLS]
    return {f"processor time, {part}": seconds for part, seconds in parts.items()} | {
        "processor time, from start to first look": busy,
        "from start to first look": whole,
    }


def _least_of_parts(env: Mapping[str, str], folder: Path) -> dict[str, float]:
    """The processor time of each part, in seconds, the least of several processes: a busy machine adds to it."""
    parts = PARTS | {TLS: _TLS}
    told_after_each = "".join(f"{more}\nprint(time.process_time())\n" for more in parts.values())
    command = [sys.executable, "-uc", f"{as_installed()}import os, time\n{told_after_each}os._exit(0)"]
    least = dict.fromkeys(parts, float("inf"))
    for _ in range(TIMES):
        told = [0.0, *map(float, subprocess.check_output(command, env=env, cwd=folder).split())]
        for part, before, after in zip(parts, told, told[1:], strict=False):
            least[part] = min(least[part], after - before)
    return least


async def _first_look(site: Site, env: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """Start a bot on a run whose first check is due; the seconds until the target is asked, and its processor time."""
    with closing(open_record(place_of(env["GONOGO_STATE"]), key=RecordKey(KEY.encode()))) as store:
        page = read_page(watched_page(1, "15 min"), "shop.md")
        run = write_watched_run(store, page, StartRequest(channel=CHANNEL), datetime.now(UTC))
        asked, began = site.asked, time.perf_counter()
        process = subprocess.Popen(gonogo(), env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while site.asked == asked:
                assert process.poll() is None, f"the bot ended with exit code {process.returncode}"
                await asyncio.sleep(0.002)
            seconds, used = time.perf_counter() - began, psutil.Process(process.pid).cpu_times()
            return seconds, used.user + used.system
        finally:
            process.kill()
            process.wait()
            store.move_run(run, RunState.ABORTED, datetime.now(UTC))


@contextmanager
def _server(folder: Path) -> Iterator[RecordServer]:
    server = RecordServer(folder / "record", CACHE)
    server.begin()
    try:
        yield server
    finally:
        server.end()
