"""Programs on a host connect as the bot reads the address, whatever the host sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.ports.page_text import DatabaseAddress
from commands.ports.shell import CommandResult
from commands.systems.postgres.client_programs import ADDRESS, address_error
from tests.local_shell import LocalShell

SHOW = ADDRESS + 'for name in ${!PG@}; do echo "$name=${!name}"; done'


def connect(url: str, before: str = "") -> CommandResult:
    """The variables for PostgreSQL's programs, after a host's own settings."""
    env = {"DATABASE": DatabaseAddress("$DB")}
    return LocalShell({"DB": url}).ask("h", f"{before}\n{SHOW}", env=env)


def test_the_hosts_own_settings_do_not_count() -> None:
    own = "export PGHOSTADDR=10.0.0.9 PGSERVICE=other PGOPTIONS=-csearch_path=x PGSSLMODE=disable"
    assert connect("postgresql://me:a%20b@db/shop", own).tail.splitlines() == [
        "PGDATABASE=shop",
        "PGHOST=db",
        "PGPASSWORD=a b",
        "PGPORT=5432",
        "PGUSER=me",
    ]


@pytest.mark.parametrize("parameter", ["sslrootcert", "sslcert", "sslkey", "sslcrl"])
def test_a_file_that_the_host_does_not_have_is_named(parameter: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    url = f"postgresql://me:x@db/shop?sslmode=require&{parameter}={file}"
    missing = connect(url)
    assert f"names a file that the host does not have or may not read ({file})" in address_error(
        missing.code, missing.tail
    )
    file.touch()
    assert f"PG{parameter.upper()}={file}" in connect(url).tail


def test_other_exit_codes_say_nothing_about_the_address() -> None:
    assert address_error(1, "no_file=x") == ""
