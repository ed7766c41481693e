"""A real pgbouncer in front of the tests' PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from bot.rehearsal.target.loopback import free_port, is_listening, wait_until

CONFIG = """
[databases]
* = host=127.0.0.1 port={server} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
server_round_robin = {round_robin}
ignore_startup_parameters = extra_float_digits,options
{more}
"""


@contextmanager
def pooled(
    url: str, *, mode: str = "transaction", size: int = 1, round_robin: int = 0, more: str = ""
) -> Iterator[str]:
    """The address of a pooler in front of the server of an address."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("this machine has no pgbouncer")
    parts, port = urlsplit(url), free_port()
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        config = Path(name) / "pgbouncer.ini"
        settings = {"server": parts.port, "user": parts.username, "password": parts.password, "port": port}
        config.write_text(CONFIG.format(**settings, mode=mode, size=size, round_robin=round_robin, more=more))
        Path(name).chmod(0o755)
        config.chmod(0o644)
        user = "nobody" if os.geteuid() == 0 else None
        process = subprocess.Popen([program, "-q", config], stderr=subprocess.DEVNULL, user=user)
        try:
            wait_until(lambda: is_listening(port), "pgbouncer", 10)
            yield url.replace(f":{parts.port}/", f":{port}/")
        finally:
            process.terminate()
            process.wait(10)
