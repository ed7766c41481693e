"""A session whose umask closes new files to those who read what is there now."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import WARN, PreflightContext
from commands.systems.preflight.hosts import readers_check
from tests.local_shell import LocalShell
from tests.world import World

pytestmark = pytest.mark.fault("found too late, known before")
CLOSED = "what is written in the working copy will not be readable for {}, as what is there now is"


def said(folder: Path, mask: str) -> list[tuple[str, str]]:
    """What is said where sessions have this umask."""
    shell = LocalShell({"APP": str(folder)}, within=("bash", "-c", f'umask {mask}; exec "$@"', "bash"))
    tools = replace(World().tools(), shell=shell)
    check = readers_check("h", "$APP", "in the working copy")
    found = check.run_preflight(PreflightContext(tools=tools, ref="main"))
    return [(one.level, one.summary.replace(f" (umask {mask})", "")) for one in found]


def test_a_umask_that_closes_new_files_to_the_services_user_is_named(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    file = tmp_path / "lib" / "app.js"
    file.write_text("1")
    file.chmod(0o644)
    assert said(tmp_path, "0077") == [(WARN, CLOSED.format("others"))]
    assert said(tmp_path, "0022") == []
    file.chmod(0o640)
    assert said(tmp_path, "0077") == [(WARN, CLOSED.format("its group"))]
    assert said(tmp_path, "0027") == []


def test_where_all_files_are_closed_already_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    (tmp_path / "app.js").chmod(0o600)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("open")
    assert said(tmp_path, "0077") == []
    assert said(tmp_path / "none", "0077") == [], "another check says that it is not there"


def test_a_folder_that_gives_new_files_their_rights_itself_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    (tmp_path / "app.js").chmod(0o644)
    entries = ((0x01, 7), (0x04, 5), (0x20, 5))  # its user, its group, others
    rights = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", who, may, 0xFFFFFFFF) for who, may in entries)
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", rights)
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")
    assert said(tmp_path, "0077") == []
