"""Reloads by systemd: a command that fails after its work, and a new main process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine

RELOAD = 'steady = "2 s"\nreload = true\n'
# its main process starts a new one at SIGUSR2, which writes its number over the old one's; then the old one ends
HANDS_OVER = """\
import http.server, json, os, signal, socket, sys, threading, time

folder = sys.argv[1]
settings = json.load(open(folder + "/settings.json"))
if old := int(os.environ.get("OLD", "0")):
    shared = socket.socket(fileno=int(os.environ["SHARED"]))
else:
    shared = socket.create_server(("127.0.0.1", settings["port"]))
    if os.fork():
        while not os.path.exists(folder + "/main.pid"):
            time.sleep(0.05)
        os._exit(0)
shared.set_inheritable(True)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"commit": settings["commit"], "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def renew(*_):
    if not os.fork():
        os.environ.update(OLD=str(os.getppid()), SHARED=str(shared.fileno()))
        os.execv(sys.executable, [sys.executable, *sys.argv])


signal.signal(signal.SIGUSR2, renew)
signal.signal(signal.SIGQUIT, lambda *_: os._exit(0))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers, bind_and_activate=False)
server.socket.close()
server.socket = shared
threading.Thread(target=server.serve_forever).start()
with open(folder + "/main.pid.new", "w") as file:
    file.write(str(os.getpid()))
os.rename(folder + "/main.pid.new", folder + "/main.pid")
print("started", flush=True)
if old:
    os.kill(old, signal.SIGQUIT)
while True:
    signal.pause()
"""
UNIT = """\
[Service]
Type=forking
PIDFile=/srv/{name}/main.pid
ExecStart=/usr/bin/python3 -u /srv/{name}/main.py /srv/{name}
ExecReload=/bin/kill -USR2 $MAINPID
Restart=always
User=deploy
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


@pytest.mark.fault("slow, taken for broken")
def test_a_service_that_hands_over_to_a_new_main_process_was_not_started_again(stage: SystemdStage) -> None:
    service = stage.machine.service("hands-over")
    (service.folder / "main.py").write_text(HANDS_OVER)
    stage.machine.ask("chown", "-R", "deploy", "/srv/hands-over")
    stage.machine.unit("hands-over.service", UNIT.format(name="hands-over"))
    stage.machine.ask("systemctl", "enable", "--now", "--quiet", "hands-over")
    service.wait()
    service.will(commit=NEW)
    outcome = stage.restart(service, more=RELOAD)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    later = stage.steady(service, after=outcome)
    assert later.state == "done", later.summary


@pytest.mark.fault("a cause that nobody has seen")
def test_a_reload_that_fails_runs_once_and_is_no_limit_of_starts(stage: SystemdStage) -> None:
    command = "ExecReload=/bin/sh -c 'echo once >> /srv/fails/ran; exit 1'"
    service = stage.start("fails", lines=("ExecReload=", command))
    stage.machine.ask("chown", "-R", "deploy", "/srv/fails")
    outcome = stage.restart(service, more=RELOAD)
    assert (outcome.state, outcome.summary) == ("failed", "The reload of fails failed.")
    assert (service.folder / "ran").read_text().split() == ["once"]
    assert outcome.lines[0] == "Job for fails.service failed."
