"""Server programs are found, and the version nearest to production's is chosen."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.programs import postgres_programs
from bot.tools.postgres.server_programs import ServerPrograms, choose_programs, program_folders, server_process_options
from state.errors import Failed
from tests.bot.tools.helpers import NEED

Install = Callable[..., list[Path]]


@pytest.fixture
def install(temp: Path) -> Install:
    """Installs fake programs of some major versions, each with the extension plpgsql, and returns their folders."""

    def programs(*majors: int) -> list[Path]:
        folders = []
        for major in majors:
            folder = temp / str(major)
            (folder / "share" / "extension").mkdir(parents=True)
            (folder / "share" / "extension" / "plpgsql.control").touch()
            (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.2'\n")
            (folder / "pg_config").write_text(f"#!/bin/sh\n[ $1 = --configure ] || echo {folder}/share\n")
            for program in ("postgres", "pg_config"):
                (folder / program).chmod(0o755)
            folders.append(folder)
        return folders

    return programs


def test_the_programs_of_this_machine_are_found() -> None:
    assert postgres_programs() in program_folders()


def test_the_version_nearest_to_productions_is_chosen(install: Install) -> None:
    assert choose_programs(replace(NEED, oldest=14), install(17, 13, 15)).major == 15


def test_programs_with_the_extensions_of_production_are_preferred(install: Install) -> None:
    folders = install(15, 16)
    (folders[1] / "share" / "extension" / "postgis.control").touch()
    assert choose_programs(replace(NEED, oldest=14, extensions=("plpgsql", "postgis")), folders).major == 16


INSTALL = "install PostgreSQL {} there (apt-get install postgresql, or pip install 'gonogo[proof]')"
PROGRAMS = "the PostgreSQL {} of the bot's machine"


@pytest.mark.parametrize(
    ("majors", "changes", "parts"),
    [
        (
            (),
            {"oldest": 18},
            ["the bot's machine has no PostgreSQL server that runs; ", INSTALL.format("18 or newer")],
        ),
        (
            (13, 15),
            {"oldest": 16, "newest": 16},
            ["the database runs on PostgreSQL 16 and the bot's machine has only 13, 15; ", INSTALL.format("16")],
        ),
        (
            (17,),
            {"oldest": 14, "newest": 16},
            [
                f"the host's pg_dump 16 cannot read {PROGRAMS.format(17)}; ",
                "install PostgreSQL 14 there, or newer client programs on the host",
            ],
        ),
        (
            (15,),
            {"oldest": 14, "extensions": ("plpgsql", "postgis")},
            [
                f"{PROGRAMS.format(15)} lacks extensions that the database uses (postgis); ",
                "install them there, for PostgreSQL 15",
            ],
        ),
    ],
)
def test_what_is_missing_is_named_with_what_to_install(
    install: Install, majors: tuple[int, ...], changes: dict[str, object], parts: list[str]
) -> None:
    with pytest.raises(Failed) as caught:
        choose_programs(replace(NEED, **changes), install(*majors))  # type: ignore[arg-type]
    assert str(caught.value) == "".join(parts)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("major", "configured", "fits"),
    [
        (18, "'--without-icu'", False),
        (18, "'--prefix=/x'", True),
        (15, "'--prefix=/x'", False),
        (15, "'--with-icu'", True),
    ],
)
def test_programs_without_icu_do_not_fit_a_production_that_uses_its_collations(
    install: Install, temp: Path, major: int, configured: str, fits: bool
) -> None:
    folders = install(major)
    folder = folders[0]
    (folder / "pg_config").write_text(f'#!/bin/sh\n[ $1 = --sharedir ] && echo {folder}/share || echo "{configured}"\n')
    need = replace(NEED, oldest=14, icu=True)
    assert choose_programs(replace(need, icu=False), folders).major == major
    if fits:
        assert choose_programs(need, folders).major == major
    else:
        with pytest.raises(
            Failed, match=f"the PostgreSQL {major} of the bot's machine has no ICU, and the database has"
        ):
            choose_programs(need, folders)


def test_programs_that_do_not_run_do_not_count(install: Install, temp: Path) -> None:
    (broken := temp / "broken").mkdir()
    assert choose_programs(replace(NEED, oldest=14), [broken, *install(15)]).major == 15


def test_no_extension_is_reported_missing_where_pg_config_does_not_tell(temp: Path) -> None:
    assert ServerPrograms(folder=temp, major=18).missing(["postgis"]) == []


def test_the_server_never_runs_as_root() -> None:
    user = server_process_options().get("user", os.geteuid())
    assert user != 0, "PostgreSQL refuses to run as root"
    assert pwd.getpwuid(user)
