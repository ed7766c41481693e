"""Preflight checks on a host: programs, folders and scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, PreflightContext, PreflightResult, passed
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, folder_check, programs_in
from tests.local_shell import LocalShell
from tests.world import World


def context(environ: Mapping[str, str] | None = None) -> PreflightContext:
    """A context whose host is this machine."""
    return PreflightContext(tools=replace(World().tools(), shell=LocalShell(environ or {})), ref="v2")


def run_preflight(check: HostCheck | ProgramsCheck, environ: Mapping[str, str] | None = None) -> PreflightResult:
    """The one result of a check on this machine."""
    (result,) = check.run_preflight(context(environ))
    return result


def test_programs_on_the_path_are_found() -> None:
    result = run_preflight(ProgramsCheck(host="h", names=("ls", "cat", "ls")))
    assert (result.level, result.summary) == (OK, "programs found: cat, ls")


def test_every_missing_program_is_named_with_what_to_do() -> None:
    result = run_preflight(ProgramsCheck(host="h", names=("ls", "no-such-a", "no-such-b")))
    assert (result.level, result.summary) == (FAIL, "not found on its PATH: no-such-a, no-such-b")
    assert result.todo.startswith("install them there, or add their folder to the host's `path`")


def test_a_script_gets_its_environment_with_the_ref_that_is_to_be_deployed() -> None:
    check = HostCheck(
        host="h", script='echo "$NAME"', judge=lambda ended: passed(ended.last_line), env=(("NAME", "ref <ref>"),)
    )
    assert run_preflight(check).summary == "ref v2"
    assert check.place == ("hosts", "h")


def test_checks_with_the_same_script_are_equal_whoever_judges() -> None:
    first, second = (HostCheck(host="h", script="true", judge=lambda ended: passed("x")) for _ in range(2))
    assert first == second, "equal checks could not be merged"


def test_a_writable_folder_passes(tmp_path: Path) -> None:
    result = run_preflight(folder_check("h", "$STORE", "the store"), {"STORE": str(tmp_path)})
    assert (result.level, result.summary) == (OK, "the store ($STORE) exists")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    result = run_preflight(folder_check("h", "$STORE", "the store"), {"STORE": str(tmp_path / "none")})
    assert (result.level, result.summary) == (FAIL, "the store ($STORE) does not exist")


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc/self").exists(), reason="root needs a read-only folder")
def test_a_folder_that_is_not_writable_is_named() -> None:
    result = run_preflight(folder_check("h", "/proc/self", "the store"))
    assert (result.level, result.summary) == (FAIL, "the store (/proc/self) is not writable for this user")


@pytest.mark.parametrize(
    ("commands", "names"),
    [
        (["npm ci --omit=dev", "node --version"], ("npm", "node")),
        (["  git   fetch\nmake"], ("git",)),
        (["$TOOL run", "./deploy.sh", "NAME=1 cmd", "(cd x; ls)", "", "\n"], ()),
        (["g++ x.c", "pg_dump-16 shop"], ("g++", "pg_dump-16")),
    ],
)
def test_the_programs_of_commands_are_their_plain_first_words(commands: list[str], names: tuple[str, ...]) -> None:
    assert programs_in(commands) == names
