"""The images of the compose recipe, and a registry for those of the shop."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from tests.docker_daemon import Docker, pack_debian
from tests.parts.debian import RECIPES, debian_root

BASE, POSTGRES = "shop-base", "postgres:15"
_TOOLS = ("sh", "env", "sed", "tr", "grep", "cat", "sleep", "mkdir", "rm", "chmod", "dirname", "id")
_OF_POSTGRES = (
    *(f"/usr/lib/postgresql/15/bin/{name}" for name in ("postgres", "initdb", "psql", "pg_dump", "pg_restore")),
    *(f"/usr/lib/postgresql/15/lib/{name}.so" for name in ("plpgsql", "dict_snowball", "libpqwalreceiver")),
    "/usr/share/postgresql/15",
    "/usr/share/zoneinfo/UTC",
    "/usr/lib/locale/C.utf8",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
)
_OF_BASE = (
    "/usr/bin/python3",
    "/usr/bin/gunicorn",
    "/usr/lib/python3",
    "/usr/lib/python3.11",
    "/usr/share/zoneinfo/UTC",
    *(f"/usr/share/zoneinfo/{name}" for name in ("tzdata.zi", "zone1970.tab", "zone.tab", "iso3166.tab")),
    "/etc/passwd",
    "/etc/nsswitch.conf",
)
# what the official image does with its variables
_ENTRY = """#!/bin/sh
set -eu
data=/var/lib/postgresql/data
if [ ! -e $data/PG_VERSION ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D $data --username="$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 --locale=C.UTF-8 --no-sync
  echo "host all all all scram-sha-256" >> $data/pg_hba.conf
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D $data postgres
fi
exec postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
"""
_POSTGRES_BUILT = """FROM postgres-files
COPY --chown=postgres data /var/lib/postgresql/data
COPY --chown=postgres tmp /tmp
COPY entry /entry
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin
USER postgres
CMD ["/entry"]
"""
_SHOP_BUILT = f"""FROM {BASE}
COPY . /app
COPY queue /srv/queue
COPY queue /srv/results
WORKDIR /app
ARG COMMIT
ENV COMMIT=$COMMIT PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
"""
_REGISTRY = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def base_images(docker: Docker) -> None:
    """Make the image of PostgreSQL and the shop's base."""
    root, packed = debian_root(*RECIPES), docker.folder / "packed.tar"
    tools = [f"/bin/{name}" if (root / "bin" / name).exists() else f"/usr/bin/{name}" for name in _TOOLS]
    for name, files in (("postgres-files", [*tools, *_OF_POSTGRES]), (BASE, ["/bin/sh", *_OF_BASE])):
        pack_debian(packed, root, files)
        docker.ask("import", str(packed), name)
    packed.unlink()
    context = docker.folder / "postgres"
    for folder in ("data", "tmp"):
        (context / folder).mkdir(parents=True)
    (context / "entry").write_text(_ENTRY)
    (context / "entry").chmod(0o755)
    (context / "Dockerfile").write_text(_POSTGRES_BUILT)
    docker.ask("build", "--quiet", f"--tag={POSTGRES}", str(context))


def push_shop(docker: Docker, code: Path, image: str, commit: str) -> None:
    """Build an image of the code in a folder as CI does, push it with the commit as its tag, and forget it here."""
    (code / "queue").mkdir(exist_ok=True)
    tag = f"{image}:{commit}"
    dockerfile = docker.folder / "Dockerfile"
    dockerfile.write_text(_SHOP_BUILT)
    docker.ask("build", "--quiet", f"--build-arg=COMMIT={commit}", f"--file={dockerfile}", f"--tag={tag}", str(code))
    docker.ask("push", "--quiet", tag)
    docker.ask("rmi", tag)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """The address of a registry that runs meanwhile. Skips the test where there is none."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("this machine has no docker-registry")
    port = free_port()
    (folder / "registry.yml").write_text(_REGISTRY.format(folder=folder / "registry", port=port))
    process = subprocess.Popen(
        [program, "serve", folder / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: is_listening(port), "the registry")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
