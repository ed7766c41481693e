"""PostgreSQL's client programs in a container, or in an environment without the host's."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.rehearsal.target.programs import postgres_programs

POSTGRES = ("psql", "pg_dump", "pg_restore")
OTHERS = ("sh", "env", "sed", "tr", "grep", "cat", "test", "sleep")
# variables of the container itself, which must not count
EVIL = {"PGHOST": "evil", "PGDATABASE": "evil", "PGSERVICE": "evil"}
# neither a variable nor the working folder of the host, and its folder for temporary files is another one
EMPTY = """#!/bin/sh
cd /
set -- env -i PATH={path}:/usr/bin:/bin {evil} "$@"
if [ "$(id -u)" = 0 ] && unshare --mount true 2> /dev/null; then
  exec unshare --mount sh -c 'mount -t tmpfs none "$0" && exec "$@"' {hidden} "$@"
fi
exec "$@"
"""


@contextmanager
def container(docker: str) -> Iterator[tuple[str, ...]]:
    """The words that run a program in a container with the client programs and little else, in the host's network."""
    name = f"gonogo-test-{uuid.uuid4().hex[:8]}"
    importing = subprocess.Popen([docker, "import", "-", name], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert importing.stdin
    with tarfile.open(fileobj=importing.stdin, mode="w|") as image:
        for file, inside in _files().items():
            image.add(file.resolve(), inside)
    importing.stdin.close()
    assert importing.wait() == 0
    try:
        evil = [word for pair in EVIL.items() for word in ("-e", "=".join(pair))]
        run = [docker, "run", "-d", "--init", "--network", "host", "--name", name, *evil, name, "sleep", "100000"]
        subprocess.run(run, check=True, capture_output=True)
        yield (docker, "exec", "-i", name)
    finally:
        subprocess.run([docker, "rm", "-f", name], check=False, capture_output=True)
        subprocess.run([docker, "rmi", name], check=False, capture_output=True)


@contextmanager
def empty_environment(folder: Path, hidden: Path) -> Iterator[tuple[str, ...]]:
    """The words that run a program without this environment; as root, also with nothing in the folder `hidden`."""
    program = folder / "inside"
    evil = " ".join(map("=".join, EVIL.items()))
    program.write_text(EMPTY.format(path=postgres_programs(), evil=evil, hidden=hidden))
    program.chmod(0o755)
    yield (str(program),)


def host_without_programs(folder: Path) -> Path:
    """A folder for the host's PATH, in which PostgreSQL's programs fail."""
    folder.mkdir()
    for name in POSTGRES:
        (folder / name).write_text("#!/bin/sh\necho the host has no such program\nexit 99\n")
        (folder / name).chmod(0o755)
    return folder


def _files() -> dict[Path, str]:
    """The programs and the libraries that they load, and where they are in the container."""
    programs = {postgres_programs() / name: f"usr/bin/{name}" for name in POSTGRES}
    programs |= {Path(found): f"bin/{name}" for name in OTHERS if (found := shutil.which(name))}
    files = {}
    for program, inside in programs.items():
        files[program] = inside
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for name, library in re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(", listed, re.MULTILINE):
            files[Path(library)] = f"usr/lib/{name}" if name and "site-packages" in library else library.lstrip("/")
    return files
