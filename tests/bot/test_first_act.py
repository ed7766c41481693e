"""What a bot that starts again imports before it acts: a rollback in its record waits for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.tools import AT_FIRST_USE
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps import KINDS
from state.facts import Actor, Door
from state.sqlite.store import Store
from tests.bench.load import write_watched_run
from tests.bench.record import PEOPLE
from tests.pages import NOON, small

# what speaks with Slack, draws, or works on a target or a page that the run in the record may not have
LATER = {
    "aiohttp", "cryptography", "detect_secrets", "httpx", "jinja2", "matplotlib", "paramiko", "pgparse", "playwright",
    "prometheus_client", "psycopg", "slack_bolt", "slack_sdk", "sqlite_utils",
}  # fmt: skip
HOSTS = {"cryptography", "paramiko"}  # a run's hosts are compared with those of its start before it goes on
# what starts runs, reports on them and serves people, and what only that needs
OWN_LATER = {
    "asyncio", "bot.served_doors", "bot.wiring_doors", "commands.report.report", "commands.start.objections",
    "commands.start.past_runs", "commands.start.preflight", "commands.start.starter", "dotenv", "invoke",
}  # fmt: skip
_HOST = """\
[hosts.backend]
address = "$SHOP_SSH"
key = "$SHOP_KEY"
known_hosts = "$SHOP_KNOWN_HOSTS"
"""
_DEPLOY = """\
```toml run
host = "backend"
commands = ["deploy"]
takes = "10 min"
"""
_UNDEPLOY = """\
```toml run
host = "backend"
undoes = "put-the-code-there"
commands = ["undeploy"]
"""
_TOLD = '```toml notify\ntext = "The switch is on, or off."\n'
WITHOUT_HOST = {_HOST: "", _DEPLOY: _TOLD, _UNDEPLOY: _TOLD}
# a bot that tells what it has imported in the moment in which its engine starts, or a run's first turn is over
BOT = """
import gc, json, os, sys
import bot.serve
from commands.run.{module} import {name}

def moment({names}):
    {before}
    names = sorted(name for name, module in sys.modules.items() if module)
    print(json.dumps([*names, *["garbage is searched for"] * gc.isenabled()]), flush=True)
    os._exit(0)

first, {name} = {name}.{method}, {name}
{name}.{method} = moment
bot.serve.FIRST_TURNS = bot.serve.FIRST_ACT = 600
from bot.cli import main
main(["serve"])
"""
ENGINE_STARTS = BOT.format(module="engine", name="Engine", method="start", names="engine", before="")
ACTS_ARE_OVER = BOT.format(module="job_folders", name="JobFolders", method="start", names="folders", before="")
TURN_IS_OVER = BOT.format(module="runner", name="Runner", method="_turn", names="run", before="first(run)")
# a bot that tells which attempts have ended in the moment in which it reads the pages
PAGES_ARE_READ = """
import json, os
import bot.serve, bot.served_doors
from commands.run.running_step import RunningSteps

ended, write = [], RunningSteps._try_to_write_end

def noted(steps, running, *more):
    written = write(steps, running, *more)
    ended.append(running.step.id)
    return written

def moment(*_):
    print(json.dumps(ended), flush=True)
    os._exit(0)

RunningSteps._try_to_write_end = noted
bot.served_doors.ServedDoors.read_pages = moment
bot.serve.FIRST_TURNS = bot.serve.FIRST_ACT = 600
from bot.cli import main
main(["serve"])
"""


# a bot that tells the same in the moment in which its tools are imported
TOOLS_ARE_THERE = """
import json, os, sys
import bot.served_doors

def moment(*_):
    print(json.dumps(sorted(sys.modules)), flush=True)
    os._exit(0)

bot.served_doors.verify = moment
from bot.cli import main
main(["serve"])
"""


def imported(folder: Path, bot: str = ENGINE_STARTS) -> set[str]:
    """The modules that a bot with Slack and a state file has imported at that moment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GONOGO", "SLACK"))}
    env |= {"GONOGO_STATE": str(folder / "gonogo.db"), "GONOGO_CHANNEL": "C01DEPLOY"}
    env |= {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    process = subprocess.run([sys.executable, "-c", bot], env=env, capture_output=True, text=True, check=False)
    assert process.stdout, process.stderr
    return set(json.loads(process.stdout.splitlines()[-1]))


def test_nothing_of_slack_charts_or_targets_is_imported_before_the_engine_starts(tmp_path: Path) -> None:
    modules = imported(tmp_path)
    assert "state.sqlite.store" in modules, "the record is open"
    assert {name.partition(".")[0] for name in modules} & LATER == set()
    assert modules & OWN_LATER == set()


def modules_of_first_turn(folder: Path, page: Page) -> set[str]:
    """The modules of a bot whose record has a run of this page, once the run's first turn is over."""
    with closing(Store(folder / "gonogo.db")) as store:
        start(store, page, StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    return imported(folder, TURN_IS_OVER)


def test_a_run_in_the_record_has_its_first_turn_before_slack_is_imported_or_the_pages_are_read(tmp_path: Path) -> None:
    modules = modules_of_first_turn(tmp_path, small())
    assert "commands.steps.kinds.gate" in modules, "the run's own page is read"
    assert {name.partition(".")[0] for name in modules} & (LATER - HOSTS) == set()
    assert modules & OWN_LATER == set()


def test_no_tool_is_imported_for_the_first_turn_of_a_run_without_hosts(tmp_path: Path) -> None:
    modules = modules_of_first_turn(tmp_path, small(**WITHOUT_HOST))
    assert "commands.steps.kinds.gate" in modules, "the run's own page is read"
    assert {name.partition(".")[0] for name in modules} & LATER == set()


def test_every_tool_is_imported_after_the_first_acts_because_an_update_may_replace_its_files(tmp_path: Path) -> None:
    assert set(AT_FIRST_USE) <= imported(tmp_path, TOOLS_ARE_THERE)


def test_the_first_check_of_a_run_is_over_before_the_pages_are_read(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "gonogo.db")) as store:
        write_watched_run(store, small(), StartRequest(), datetime.now(UTC))
    assert imported(tmp_path, PAGES_ARE_READ) == {"response-time"}


def test_no_garbage_is_searched_for_before_the_first_turn_is_over_but_after_it(tmp_path: Path) -> None:
    assert "garbage is searched for" not in modules_of_first_turn(tmp_path, small())
    assert "garbage is searched for" in imported(tmp_path, ACTS_ARE_OVER)


def test_a_step_kind_is_imported_once_a_page_names_it(tmp_path: Path) -> None:
    modules = imported(tmp_path)
    kinds = {name for name in KINDS if f"commands.steps.kinds.{name.replace('-', '_')}" in modules}
    assert kinds <= {"baseline", "one-by-one"}, "the core itself knows these two"


def test_each_kind_is_registered_under_its_own_name() -> None:
    assert {name: kind.kind for name, kind in KINDS.items()} == {name: name for name in KINDS}
    folder = Path(sys.modules["commands.steps"].__file__ or "").parent / "kinds"
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == {name.replace("-", "_") for name in KINDS}
