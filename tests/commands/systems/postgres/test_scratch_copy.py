"""Production says what a copy needs; whatever is missing is named with what to do."""

from __future__ import annotations

from threading import Event

import pytest

from commands.ports.preflight import OK, WARN, PreflightContext
from commands.ports.scratch_server import ScratchNeeds
from commands.systems.postgres.scratch_copy import DatabaseCopy, ScratchAvailable
from state.errors import Failed
from tests.production import ended
from tests.world import World

NEEDS = (
    'need={"size": 9000, "server": 16, "encoding": "UTF8", "icu": true, "extensions": ["plpgsql"], '
    '"roles": [["owner", true]], "members": [["owner", "app"]], '
    '"settings": [["app", "search_path", "shop"]]}\ndump=pg_dump (PostgreSQL) 17.2 (Debian)\n'
)
TO_DO = "set `scratch_url` on the page to an empty database of your own"

NO_FILE = "The address names a file that the host does not have or may not read"


def copy(*, dumped: bool = False) -> DatabaseCopy:
    """The copy of a proof."""
    return DatabaseCopy(host="h", database_url="$DB", what="proof", dumped=dumped)


@pytest.fixture
def world() -> World:
    """A production that says what a copy of it needs."""
    world = World()
    world.on_host("need=", ended(NEEDS))
    return world


def test_production_says_what_a_copy_needs(world: World) -> None:
    assert copy().needs(world.tools()) == ScratchNeeds(
        size=9000,
        encoding="UTF8",
        icu=True,
        oldest=16,
        newest=None,
        extensions=("plpgsql",),
        roles=(("owner", True),),
        members=(("owner", "app"),),
        settings=(("app", "search_path", "shop"),),
    )


def test_a_copy_that_is_dumped_may_not_be_newer_than_the_hosts_pg_dump(world: World) -> None:
    assert copy(dumped=True).needs(world.tools()).newest == 17


@pytest.mark.parametrize(
    ("output", "code", "reason"),
    [
        ("psql: error: connection refused\n", 2, "the database cannot be queried (psql: error: connection refused)"),
        ("need={}\n", 0, "the database cannot be queried (need={})"),
        ("no_file=/ca.pem\n", 62, f"{NO_FILE} (/ca.pem); nothing was done. Put it there, in the same place"),
    ],
)
def test_a_production_that_does_not_answer_is_the_reason(world: World, output: str, code: int, reason: str) -> None:
    world.on_host("need=", ended(output, code))
    with pytest.raises(Failed) as caught:
        copy().needs(world.tools())
    assert str(caught.value) == reason


def test_a_server_runs_for_as_long_as_its_context(world: World) -> None:
    with copy().server(world.tools(), Event()) as server:
        assert str(server.address).startswith("$")
        assert world.not_given_back == 1
    assert world.not_given_back == 0


def test_a_server_that_cannot_be_started_is_a_sentence_with_what_to_do(world: World) -> None:
    world.no_scratch = "the copy needs 9.0 GB."
    with pytest.raises(Failed) as caught, copy().server(world.tools(), Event()):
        pass
    assert str(caught.value) == f"The proof is missing: the copy needs 9.0 GB. Fix that and run it again, or {TO_DO}."


def test_the_preflight_checks_for_a_server_and_only_warns(world: World) -> None:
    check, ctx = ScratchAvailable(copy=copy()), PreflightContext(tools=world.tools(), ref="main")
    assert check.place == ("hosts", "h")
    (result,) = check.run_preflight(ctx)
    assert (result.level, result.summary) == (
        OK,
        "the bot's machine can run a PostgreSQL for the proof, and this host can reach it",
    )
    world.no_scratch = "the copy needs 9.0 GB"
    (result,) = check.run_preflight(ctx)
    assert (result.level, result.summary) == (WARN, "the proof would be missing: the copy needs 9.0 GB")
    assert result.todo == f"fix that, or {TO_DO}"
