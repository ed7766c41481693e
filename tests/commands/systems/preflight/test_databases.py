"""A preflight check in a database judges the first row of its query."""

from __future__ import annotations

import pytest

from commands.ports.database import Rows
from commands.ports.preflight import PreflightContext, PreflightResult, passed
from commands.systems.preflight.databases import DatabaseCheck
from state.errors import Unreachable
from tests.world import World


def run_preflight(world: World) -> list[PreflightResult]:
    """The results of a check that passes with its first row."""
    check = DatabaseCheck(database="shop", sql="SELECT own_check", judge=lambda row: passed(repr(row)))
    assert check.place == ("databases", "shop")
    return check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))


def test_the_first_row_is_judged() -> None:
    world = World()
    world.on_sql("own_check", Rows(columns=("a", "b"), rows=((1, "x"), (2, "y"))))
    assert run_preflight(world) == passed("(1, 'x')")


def test_no_row_is_judged_as_an_empty_one() -> None:
    world = World()
    world.on_sql("own_check", Rows(columns=("a",), rows=()))
    assert run_preflight(world) == passed("()")


def test_an_unreachable_database_is_not_judged() -> None:
    world = World()
    world.unreachable("sql")
    with pytest.raises(Unreachable):
        run_preflight(world)
