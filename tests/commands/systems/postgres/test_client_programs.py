"""Real bash splits a database URL into PG* variables, so that no password is on a command line."""

from __future__ import annotations

import pytest

from commands.ports.shell import CommandResult
from commands.systems.postgres.client_programs import ADDRESS, NO_ADDRESS_CODE
from tests.local_shell import LocalShell

SHOW = ADDRESS + 'printf "%s\\n" "$PGUSER" "$PGPASSWORD" "$PGHOST" "$PGPORT" "$PGDATABASE" "${PGSSLMODE-}"'


def split(url: str) -> CommandResult:
    """The variables of a URL, one on a line."""
    return LocalShell({}).ask("h", SHOW, env={"DATABASE_URL": url})


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://me:secret@db:5433/shop", ["me", "secret", "db", "5433", "shop", ""]),
        ("postgres://me:secret@db/shop", ["me", "secret", "db", "5432", "shop", ""]),
        ("postgresql://me:@db/shop?schema=public", ["me", "", "db", "5432", "shop", ""]),
        (
            "postgresql://m%40e:p%2Fw%20x@db/sh%C3%B6p?a=1&sslmode=verify-full",
            ["m@e", "p/w x", "db", "5432", "shöp", "verify-full"],
        ),
    ],
)
def test_a_url_is_split_and_decoded(url: str, parts: list[str]) -> None:
    assert split(url).tail.split("\n")[:-1] == parts


@pytest.mark.parametrize("url", ["", "mysql://me:x@db/shop", "postgresql://db/shop", "postgresql://me:x@db1,db2/shop"])
def test_an_address_of_another_form_ends_the_script_with_its_own_code(url: str) -> None:
    assert split(url).code == NO_ADDRESS_CODE
