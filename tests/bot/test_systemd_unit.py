"""The unit of the documents, on a machine that systemd booted: start, watchdog, stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pydantic
import pytest

from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import wait_until
from commands.runbook import read_page
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.journal import RecordKey
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.bot.test_serve import state_of
from tests.pages import spoil
from tests.parts.machine import Machine, machine

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs" / "deploy" / "gonogo.service"
SITE = Path(pydantic.__file__).parents[1]
STATE = Path("/var/lib/gonogo/gonogo.db")
KEY = "0123456789abcdef0123456789abcdef"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
ENV = f"""\
SLACK_BOT_TOKEN=xoxb-1
SLACK_APP_TOKEN=xapp-1
SLACK_API_URL=http://127.0.0.1:9/
GONOGO_CHANNEL=C01DEPLOY
GONOGO_RUNBOOK=/etc/gonogo/page.md
GONOGO_RECORD_KEY={KEY}
SHOP_URL=http://127.0.0.1:9/
SHOP_DBA=UDBA
SHOP_DBA_PHONE=1
SHOP_LEAD=ULEAD
SHOP_LEAD_PHONE=2
"""
HOST = 'address = "$SHOP_SSH"\nkey = "$SHOP_KEY"\nknown_hosts = "$SHOP_KNOWN_HOSTS"'
JOB = "echo began >> job; sleep 8; echo ended >> job"
# the machine has no venv: its own Python, and the packages of this one
PROGRAM = f"""\
#!/bin/sh
export PYTHONPATH={ROOT}:{SITE} PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m bot.cli "$@"
"""


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    """A machine with the unit, its user and its environment."""
    with machine(binds=(ROOT, SITE)) as running:
        if (
            running.ask("/usr/bin/python3", "-c", "import sys; print(sys.version_info[:2])")
            != f"{sys.version_info[:2]}\n"
        ):
            pytest.skip("the machine has another Python than this one")
        files = {"opt/gonogo/bin/gonogo": PROGRAM, "etc/gonogo/env": ENV, "etc/gonogo/page.md": page()}
        for name, text in files.items():
            path = running.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        running.ask("chmod", "755", "/opt/gonogo/bin/gonogo")
        running.ask("useradd", "--system", "gonogo")
        running.ask("chown", "gonogo:", "/etc/gonogo/env")
        running.ask("chmod", "600", "/etc/gonogo/env")
        running.ask(
            "install", "-d", "-o", "gonogo", "-m", "700", "/var/lib/gonogo"
        )  # as systemd does at the first start
        running.unit("gonogo.service", UNIT.read_text())
        yield running


@pytest.fixture
def served(booted: Machine) -> Iterator[Machine]:
    """The machine, with the bot as its only service that serves; it stops afterwards."""
    booted.ask("systemctl", "start", "gonogo")
    yield booted
    booted.ask("systemctl", "stop", "gonogo")


def page() -> str:
    """The small page, deployed on the bot's own machine by a job of some seconds."""
    return spoil((HOST, 'address = "local"'), ('"deploy"', f'"{JOB}"'), ('"undeploy"', '"true"'))


def shown(booted: Machine, name: str) -> str:
    return booted.ask("systemctl", "show", "--value", f"--property={name}", "gonogo").strip()


def journal(booted: Machine) -> str:
    return booted.ask("journalctl", "--unit=gonogo", "--output=cat", "--no-pager")


def quick_watchdog(booted: Machine) -> Callable[[], None]:
    """A watchdog that waits for 3 s only; returns what puts the unit's own back."""
    folder = booted.root / "run/systemd/system/gonogo.service.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quick.conf").write_text("[Service]\nWatchdogSec=3s\nTimeoutAbortSec=1s\n")
    booted.ask("systemctl", "daemon-reload")

    def undo() -> None:
        (folder / "quick.conf").unlink()
        booted.ask("systemctl", "daemon-reload")

    return undo


def test_the_unit_is_active_once_the_bot_serves_and_stops_in_order(served: Machine) -> None:
    assert shown(served, "ActiveState") == "active"
    assert "serving the record /var/lib/gonogo/gonogo.db with page.md" in journal(served)
    served.ask("systemctl", "stop", "gonogo")
    assert shown(served, "ActiveState") == "inactive"
    assert journal(served).splitlines()[-2:][0].endswith("Deactivated successfully.")


def test_a_bot_that_cannot_serve_is_never_called_active(booted: Machine) -> None:
    env = booted.root / "etc/gonogo/env"
    env.write_text(ENV.replace("xoxb-1", "wrong"))
    try:
        with pytest.raises(TargetError, match="exited with error code"):
            booted.ask("systemctl", "start", "gonogo")
        assert "SLACK_BOT_TOKEN holds no bot token" in journal(booted)
    finally:
        booted.ask("systemctl", "stop", "gonogo")
        env.write_text(ENV)


def test_a_bot_that_hangs_is_started_again(booted: Machine) -> None:
    undo = quick_watchdog(booted)
    try:
        booted.ask("systemctl", "start", "gonogo")
        first = shown(booted, "MainPID")
        time.sleep(5)
        assert shown(booted, "MainPID") == first, "a bot that is well is left alone"
        booted.ask("kill", "-STOP", first)
        wait_until(lambda: shown(booted, "MainPID") not in {"0", first}, "another process", 60)
        wait_until(lambda: shown(booted, "ActiveState") == "active", "the bot", 60)
        assert "Watchdog timeout" in journal(booted)
    finally:
        booted.ask("systemctl", "stop", "gonogo")
        undo()


def test_a_job_on_the_bots_own_machine_outlives_a_restart_and_runs_once(booted: Machine) -> None:
    inside(booted, "begin_run")
    booted.ask("systemctl", "start", "gonogo")
    job = booted.root / "var/lib/gonogo/job"
    try:
        wait_until(job.exists, "the start of the job", 60)
        booted.ask("systemctl", "restart", "gonogo")
        wait_until(lambda: inside(booted, "deployed") == "done\n", "the end of the job", 60)
        assert job.read_text() == "began\nended\n"
    finally:
        booted.ask("systemctl", "stop", "gonogo")


def inside(booted: Machine, function: str) -> str:
    """What a function of this module prints in the machine, as the bot's user."""
    user = ("setpriv", "--reuid=gonogo", "--regid=gonogo", "--init-groups", "env", f"PYTHONPATH={ROOT}:{SITE}")
    code = f"from {__name__} import {function}; {function}()"
    return booted.ask(*user, "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3", "-c", code)


def begin_run() -> None:
    """Write a run whose gate is signed into the record."""
    STATE.unlink(missing_ok=True)
    with closing(Store(STATE, key=RecordKey(KEY.encode()))) as store:
        text, now = read_page(page(), "page.md"), datetime.now(UTC)
        run = start(store, text, StartRequest(), Actor(person="UDBA", door=Door.TERMINAL), PEOPLE, now)
        store.begin_attempt(run.id, "ready", 1, now)
        store.end_attempt(run.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=now), now)
        for person in ("UDBA", "ULEAD"):
            RunActions(store, text, run.id, PEOPLE).sign("ready", 1, Actor(person=person, door=Door.TERMINAL), now)


def deployed() -> None:
    """Print how the deploy's step ended."""
    with closing(Store(STATE, key=RecordKey(KEY.encode()))) as store:
        print(state_of(store, "put-the-code-there"))
