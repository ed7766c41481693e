"""Names in addresses are resolved from the environment; Prisma's URLs fit libpq."""

from __future__ import annotations

import pytest

from bot.tools.places import libpq_url, resolve
from state.errors import BadSettings, Unreachable


def test_every_name_in_a_text_is_replaced_by_its_value() -> None:
    environ = {"USER_1": "me", "HOST": "shop.example"}
    assert resolve("$USER_1@$HOST:22, $5, $lower", environ) == "me@shop.example:22, $5, $lower"


@pytest.mark.parametrize("environ", [{}, {"HOST": ""}])
def test_a_name_that_is_not_set_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match=r"HOST is not set in the bot's environment\."):
        resolve("me@$HOST", environ)


def test_a_value_is_not_resolved_again() -> None:
    assert resolve("$A", {"A": "$B", "B": "x"}) == "$B"


def test_only_the_parameters_that_prisma_alone_knows_are_removed() -> None:
    url = "postgresql://me:p%40ss@db:5432/shop?schema=public&sslmode=require&connection_limit=5"
    assert libpq_url(url) == "postgresql://me:p%40ss@db:5432/shop?sslmode=require"


@pytest.mark.parametrize("url", ["", "mysql://u:p@h/d", "localhost", "http://db"])
def test_an_address_that_is_not_postgresql_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match=r"The database's address must be a postgresql:// URL\."):
        libpq_url(url)
