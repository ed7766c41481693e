"""A reload whose new workers run the code that is loaded already (gunicorn with preload_app)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rehearsal.target.loopback import wait_until
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("not looked at, and said to be fine")]
RELOAD = 'steady = "1 s"\nready_within = "2 s"\nreload = true'
# at SIGHUP its worker is another process, which runs what was there when the first one started
MASTER = """
import os, shutil, signal, subprocess, sys
here = sys.argv[1]
os.makedirs(here + "/kept", exist_ok=True)
shutil.copy(here + "/settings.json", here + "/kept")
def start(): return subprocess.Popen(["/usr/bin/python3", "-u", here + "/program.py", here + "/kept"])
def renew(*_):
    global worker
    worker.terminate(); worker.wait()
    worker = start()
worker = start()
signal.signal(signal.SIGHUP, renew)
while True: signal.pause()
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


def preloading(stage: SystemdStage, name: str, *, worker: bool = False) -> Service:
    """A unit whose master has loaded the old commit, and the new one beside it."""
    service = stage.machine.service(name)
    (service.folder / "master.py").write_text(MASTER)
    if worker:
        service.port = 0
        service.will(port=0)
    service.folder.chmod(0o777)
    start = f"ExecStart=/usr/bin/python3 {service.inside}/master.py {service.inside}"
    unit = (
        f"[Service]\n{start}\nExecReload=/bin/kill -HUP $MAINPID\nUser=deploy\n[Install]\nWantedBy=multi-user.target\n"
    )
    stage.machine.unit(f"{name}.service", unit)
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", f"{name}.service")
    words = ("journalctl", "--output=cat", f"--unit={name}")
    wait_until(lambda: "started" in stage.machine.ask(*words).splitlines(), name)
    service.will(commit=NEW, port=service.port)
    return service


def test_the_old_commit_after_a_reload_is_told_with_what_may_keep_it(stage: SystemdStage) -> None:
    outcome = stage.restart(preloading(stage, "preloading"), more=RELOAD)
    assert outcome.state == "failed"
    assert outcome.summary == (
        f"preloading is not right after its reload: /health on api answers commit = {'1' * 40} instead of "
        f"commit = {NEW}. A reload may keep the code that is loaded (gunicorn with "
        "preload_app, puma's phased restart): restart it instead."
    )


def test_a_worker_with_old_code_after_a_reload_is_not_said_to_run_the_new(stage: SystemdStage) -> None:
    outcome = stage.restart(preloading(stage, "preloading-worker", worker=True), more=RELOAD)
    assert outcome.summary == (
        "preloading-worker is active after its reload, stable for 1 s. No address was asked which commit it runs."
    )
    assert outcome.compared == ("preloading-worker was reloaded",)
