"""Prisma's URLs are made fit for libpq."""

from __future__ import annotations

import pytest

from bot.tools.places import libpq_url
from state.errors import Unreachable


def test_only_the_parameters_that_prisma_alone_knows_are_removed() -> None:
    url = "postgresql://me:p%40ss@db:5432/shop?schema=public&sslmode=require&connection_limit=5"
    assert libpq_url(url) == "postgresql://me:p%40ss@db:5432/shop?sslmode=require"


@pytest.mark.parametrize("url", ["", "mysql://u:p@h/d", "localhost", "http://db"])
def test_an_address_that_is_not_postgresql_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match=r"The database's address must be a postgresql:// URL\."):
        libpq_url(url)
