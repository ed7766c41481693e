"""Ten remote commands: gonogo's jobs, an ssh ControlMaster, fabric and ansible-core."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.shell import Job

CACHE = Path(".cache/bench-peers")
FABRIC = """
import sys
from fabric import Connection
host, port, user, key = sys.argv[1:]
with Connection(host, user=user, port=int(port), connect_kwargs={"key_filename": key}) as connection:
    for number in range(10):
        connection.run(f"echo {number}", hide=True)
"""


def measure() -> dict[str, float]:
    """Milliseconds (median of 5) for ten commands, and gonogo's as a ratio to one ssh ControlMaster connection's."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        host = Host(Path(name), Path(name))
        for folder in (host.home, host.keys, host.logs):
            folder.mkdir()
        server = SshServer(host)
        server.start()
        try:
            return _compare(server, Path(name))
        finally:
            host.stop_processes()


def _compare(server: SshServer, folder: Path) -> dict[str, float]:
    peers = _peers()
    figures = {
        "gonogo, ms": _median(lambda: _ours(server)),
        "ssh ControlMaster, ms": _median(lambda: _control_master(server, folder)),
        "fabric, ms": _median(lambda: _fabric(server, peers, folder)),
        "ansible-core, ms": _median(lambda: _ansible(server, peers, folder), times=2),
    }
    figures["gonogo / ssh ControlMaster"] = figures["gonogo, ms"] / figures["ssh ControlMaster, ms"]
    return figures


def _median(run: Callable[[], None], times: int = 5) -> float:
    milliseconds = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        milliseconds.append((time.perf_counter() - began) * 1000)
    return statistics.median(milliseconds)


def _ours(server: SshServer) -> None:
    place = HostPlace(address=server.address, key=str(server.key), known_hosts=str(server.known_hosts))
    shell = SshShell({"host": place}, {}, Redactor([]))
    for number in range(10):
        job = Job(key=f"{time.time_ns()}/{number}", script=f"echo {number}", limit=30)
        assert shell.run("host", job, stop=threading.Event()).tail == f"{number}\n"


def _options(server: SshServer) -> list[str]:
    return [
        "-F",
        "none",
        "-o",
        f"UserKnownHostsFile={server.known_hosts}",
        "-o",
        "BatchMode=yes",
        "-i",
        str(server.key),
    ]


def _control_master(server: SshServer, folder: Path) -> None:
    shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/control", "-o", "ControlPersist=60"]
    words = ["ssh", *_options(server), *shared, "-p", str(server.port), f"{server.user}@127.0.0.1"]
    for number in range(10):
        subprocess.run([*words, f"echo {number}"], check=True, capture_output=True)
    subprocess.run([*words, "-O", "exit"], check=True, capture_output=True)


def _peers() -> Path:
    """The programs of a separate virtual environment with the peers, made the first time."""
    if not (CACHE / "bin" / "ansible").exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE)], check=True)
        subprocess.run([str(CACHE / "bin" / "pip"), "install", "--quiet", "fabric", "ansible-core"], check=True)
    return CACHE.resolve() / "bin"


def _fabric(server: SshServer, peers: Path, folder: Path) -> None:
    script = folder / "fabric_ten.py"
    script.write_text(FABRIC)
    words = ["127.0.0.1", str(server.port), server.user, str(server.key)]
    subprocess.run([str(peers / "python"), str(script), *words], check=True, capture_output=True)


def _ansible(server: SshServer, peers: Path, folder: Path) -> None:
    tasks = "\n".join(f"    - ansible.builtin.command: echo {number}" for number in range(10))
    book = folder / "ten.yml"
    book.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}\n")
    host = f"127.0.0.1 ansible_port={server.port} ansible_user={server.user} ansible_ssh_private_key_file={server.key}"
    inventory = folder / "hosts"
    inventory.write_text(f"{host} ansible_ssh_common_args='-F none -o UserKnownHostsFile={server.known_hosts}'\n")
    words = [str(peers / "ansible-playbook"), "-i", str(inventory), str(book)]
    subprocess.run(words, check=True, capture_output=True)
