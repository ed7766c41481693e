"""What the productions of the recipes do with a booted machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bot.rehearsal.target.loopback import free_port
from tests.parts.machine import Machine

# a new one, because those of all machines are otherwise one server by their identifier
_DATABASE = """
pg_dropcluster 15 main
pg_createcluster --port={port} 15 main -- --no-sync > /dev/null
systemctl start postgresql@15-main
cd /
runuser -u postgres -- psql -q -p {port} -c "CREATE ROLE shop LOGIN CREATEDB PASSWORD 'plum-Tree-92-lamp'" \
  -c 'CREATE DATABASE shop OWNER shop' -c 'CREATE DATABASE scratch OWNER shop'
"""


def run(booted: Machine, script: str) -> None:
    """Run a script of bash there as root, up to its first command that fails. Raises TargetError."""
    booted.ask("bash", "-euo", "pipefail", "-c", script)


def write(booted: Machine, folder: str, files: Mapping[str, str]) -> None:
    """Write files of the user deploy into a folder there. A file that begins with #! may be run."""
    top = booted.root / folder
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    deploy = (booted.root / "home/deploy").stat()
    for path in top.rglob("*"):
        os.chown(path, deploy.st_uid, deploy.st_gid)


def start_database(booted: Machine) -> str:
    """A PostgreSQL there with the databases shop and scratch of a user shop. Returns their address, without a name."""
    port = free_port()
    run(booted, _DATABASE.format(port=port))
    return f"postgresql://shop:plum-Tree-92-lamp@127.0.0.1:{port}"
