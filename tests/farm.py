"""Three hosts with an application behind a real nginx, each with a real sshd, and a load."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from bot.rehearsal.target.ssh_server import SshServer
from commands.run.runner import Runner
from state.records import Record
from state.sqlite.store import Store
from tests.load import Load, ask

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")

# answers with the version that its folder had when it started; ends at once when it is told to
APP = """\
import http.server, os, sys
version, host = open("version").read().strip(), sys.argv[2]

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"version": "%s", "host": "%s"}' % (version.encode(), host.encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
open("pid", "w").write(str(os.getpid()))
server.serve_forever()
"""
_NGINX_CONF = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/logs/nginx-error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  upstream app {{ include {folder}/in/*.conf; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://app; proxy_next_upstream off; }}
  }}
}}
"""


class FarmHost:
    """One host: its folder, its sshd, and the application that runs in `srv`, started again whenever it ends."""

    def __init__(self, folder: Path, name: str) -> None:
        self.host, self.name = Host(folder, folder), name
        for place in (folder, self.host.home, self.host.keys, self.host.logs, self.host.srv):
            place.mkdir()
        self.ssh = SshServer(self.host)
        self.ssh.start()
        self.port = free_port()

    def start_app(self) -> None:
        """Version 1 serves."""
        (self.host.srv / "version").write_text("1")
        (self.host.srv / "app.py").write_text(APP)
        loop = f"cd {self.host.srv}; while :; do {sys.executable} app.py {self.port} {self.name}; sleep 0.3; done"
        self.host.spawn("app", ["/bin/sh", "-c", loop])
        wait_until(lambda: is_listening(self.port), "the application")

    def die(self) -> None:
        """The whole host is gone: its sshd with every session, and the application."""
        self.host.stop_processes()

    def version(self) -> str:
        """What the application says that it runs."""
        return str(ask(self.port)[1].get("version", ""))


class Farm:
    """Three hosts `web-1` to `web-3`, the balancer with nginx, and the load on it."""

    def __init__(self, folder: Path) -> None:
        self.hosts = [FarmHost(folder / f"web-{n}", f"web-{n}") for n in (1, 2, 3)]
        self.balancer = FarmHost(folder / "balancer", "balancer")
        self.asked = Load(self.balancer.port, says="version")

    def start(self) -> None:
        """Every application and nginx serve."""
        for one in self.hosts:
            one.start_app()
        balancer = self.balancer.host
        for place in ("in", "out", "tmp"):
            (balancer.folder / place).mkdir()
        for one in self.hosts:
            (balancer.folder / "in" / f"{one.name}.conf").write_text(f"server 127.0.0.1:{one.port};\n")
        conf = balancer.folder / "nginx.conf"
        conf.write_text(_NGINX_CONF.format(folder=balancer.folder, port=self.balancer.port))
        balancer.spawn("nginx", [NGINX or "nginx", "-c", conf, "-e", balancer.logs / "nginx-error.log"])
        wait_until(lambda: is_listening(self.balancer.port), "nginx")

    def stop(self) -> None:
        """Every process of every host is gone."""
        for one in (*self.hosts, self.balancer):
            one.host.stop_processes()

    def environ(self) -> dict[str, str]:
        """The variables of a page with these places."""
        known = {"WEB_KNOWN_HOSTS": str(self.balancer.host.keys / "all_known_hosts")}
        everyone = (*self.hosts, self.balancer)
        Path(known["WEB_KNOWN_HOSTS"]).write_text("".join(one.ssh.known_hosts.read_text() for one in everyone))
        # one key opens all of them
        for one in self.hosts:
            shutil.copy(self.balancer.host.keys / "authorized_keys", one.host.keys / "authorized_keys")
        for number, one in enumerate(self.hosts, start=1):
            known[f"WEB_{number}"] = one.ssh.address
            known[f"WEB_{number}_URL"] = f"http://127.0.0.1:{one.port}"
        balancer = {"BALANCER": self.balancer.ssh.address, "BALANCER_URL": f"http://127.0.0.1:{self.balancer.port}"}
        return {**known, **balancer, "WEB_KEY": str(self.balancer.ssh.key)}

    @contextmanager
    def load(self, clients: int = 3) -> Iterator[Counter[str]]:
        """Requests to nginx without a pause, as long as the block lasts."""
        with self.asked.running(clients):
            yield self.asked.answers

    def failures(self) -> Mapping[str, int]:
        """What was answered otherwise than with 200."""
        return self.asked.failures()


class FarmRun:
    """Run 1 of a page, with the real tools."""

    def __init__(self, store: Store, runner: Runner) -> None:
        self.store = store
        self.runner = runner

    @property
    def record(self) -> Record:
        """The run's record now."""
        return self.store.record(1)

    def wait(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline, self.record.attempts
            time.sleep(0.02)

    def close(self) -> None:
        """Leave the run as it is."""
        if self.runner._thread.is_alive():
            self.runner.detach()
        self.runner.tools.close()
        self.store.close()
