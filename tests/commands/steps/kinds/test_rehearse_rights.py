"""`rehearse`: lost rights fail the step, or the result says that they were not compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.rehearsed_shop import RehearsedShop
from tests.conftest import make_host

BEFORE = "CREATE VIEW words AS SELECT word FROM kept; GRANT SELECT ON words TO app_rw;"
FORWARD = "DROP VIEW words; ALTER TABLE kept ALTER word TYPE varchar;"
VERIFY = "[[verify]]\nsays = 'one'\nexpect = 1\nsql = 'SELECT 1'\n"
ROLLBACK = "ALTER TABLE kept ALTER word TYPE text; CREATE VIEW words AS SELECT word FROM kept;"


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production, where the application's role may read a view."""
    shop = RehearsedShop(postgres, tmp_path)
    run_sql(postgres.url(SUPERUSER), "DROP ROLE IF EXISTS app_rw, tester; CREATE ROLE app_rw")
    shop.change_production(BEFORE)
    yield shop
    shop.assert_untouched()


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Another server, for scratch databases. It does not have the application's role."""
    host = make_host(tmp_path_factory.mktemp("other"))
    server = Postgres(host)
    server.start()
    yield server
    server.stop()
    host.stop_processes()


def rehearse_lost_rights(shop: RehearsedShop, scratch: str) -> tuple[str, str]:
    """State and summary of a rehearsal whose rollback forgets a grant."""
    shop.scratch = scratch
    outcome = shop.rehearse(FORWARD, ROLLBACK, returns=(), verify=VERIFY)
    return outcome.state, outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_grant_that_the_rollback_forgets_fails_the_step(shop: RehearsedShop) -> None:
    state, summary = rehearse_lost_rights(shop, shop.scratch)
    assert (state, "does not restore the schema" in summary) == ("failed", True), summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_role_that_the_scratch_server_lacks_is_named(shop: RehearsedShop, other_server: Postgres) -> None:
    create_databases(other_server, "scratch")
    state, summary = rehearse_lost_rights(shop, other_server.url(SUPERUSER, "scratch"))
    assert state == "done", summary
    assert summary.endswith("; owners and privileges were NOT compared: the scratch server has no role app_rw.")


def test_what_a_rehearsal_leaves_outside_its_copy_is_taken_away_or_said(
    shop: RehearsedShop, other_server: Postgres
) -> None:
    shop.scratch = other_server.url(SUPERUSER, "scratch")
    run_sql(shop.scratch, f"ALTER ROLE {OWNER} CREATEROLE")
    for _ in range(2):
        outcome = shop.rehearse(FORWARD + "CREATE ROLE reporting NOLOGIN;", ROLLBACK, returns=(), verify=VERIFY)
        assert outcome.state == "done", outcome.summary + outcome.output
        assert "; NOT as before: " in outcome.summary
        assert "role reporting: none → exists" in outcome.summary
        assert not [line for line in outcome.lines if line.startswith("left on the scratch server: ")], outcome.lines
    assert run_sql(shop.scratch, "SELECT count(*) FROM pg_roles WHERE rolname = 'reporting'") == [(0,)]


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_setting_or_membership_that_the_rollback_forgets_fails_every_time(
    shop: RehearsedShop, other_server: Postgres
) -> None:
    shop.scratch = other_server.url(SUPERUSER, "scratch")
    run_sql(shop.scratch, f"ALTER ROLE {OWNER} SET search_path = '$user', public, \"a, b\"")
    run_sql(shop.scratch, f"ALTER ROLE {OWNER} CREATEROLE; CREATE ROLE own_group; GRANT own_group TO {OWNER}")
    run_sql(shop.scratch, f"GRANT own_group TO {OWNER} WITH ADMIN OPTION; CREATE ROLE guest")
    settings = "SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = 0"
    members = "SELECT count(*) FROM pg_auth_members WHERE member = 'guest'::regrole"
    before = run_sql(shop.scratch, settings), run_sql(shop.scratch, members)
    leaves = (
        f"ALTER ROLE {OWNER} SET work_mem = '7MB'; ALTER ROLE {OWNER} RESET search_path; GRANT own_group TO guest;"
        "CREATE SEQUENCE seen;"
    )
    try:
        for _ in range(2):
            outcome = shop.rehearse(FORWARD + leaves, ROLLBACK + "DROP SEQUENCE seen;", returns=(), verify=VERIFY)
            assert outcome.state == "failed", outcome.summary + outcome.output
            assert outcome.summary.startswith("On the copy, the rollback does not restore "), outcome.summary
            assert "guest as a member of own_group: none → yes" in outcome.summary
            assert f"setting work_mem of role {OWNER}: none → 7MB" in outcome.summary
            assert f'setting search_path of role {OWNER}: "$user", public, "a, b" → none' in outcome.lines
            assert (run_sql(shop.scratch, settings), run_sql(shop.scratch, members)) == before
    finally:
        run_sql(shop.scratch, f"ALTER ROLE {OWNER} RESET ALL; DROP ROLE guest, own_group")


def test_a_scratch_user_who_may_not_act_as_the_owner_is_named(shop: RehearsedShop, postgres: Postgres) -> None:
    grant = "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester"
    run_sql(postgres.url(SUPERUSER), grant)
    scratch = f"postgresql://tester:tester@127.0.0.1:{postgres.port}/scratch"
    state, summary = rehearse_lost_rights(shop, scratch)
    assert state == "done", summary
    assert summary.endswith(f"; owners and privileges were NOT compared: the scratch user may not act as {OWNER}.")


def test_productions_user_that_the_scratch_server_lacks_is_named(
    shop: RehearsedShop, postgres: Postgres, other_server: Postgres
) -> None:
    server = postgres.url(SUPERUSER, "shop")
    run_sql(server, f"DROP ROLE IF EXISTS member; CREATE ROLE member LOGIN PASSWORD 'member'; GRANT {OWNER} TO member")
    run_sql(other_server.url(SUPERUSER), "CREATE ROLE app_rw")
    url, shop.url = shop.url, f"postgresql://member:member@127.0.0.1:{postgres.port}/shop"
    try:
        state, summary = rehearse_lost_rights(shop, other_server.url(SUPERUSER, "scratch"))
        assert summary.endswith("; owners and privileges were NOT compared: the scratch user may not act as member.")
        assert state == "done"
    finally:
        shop.url = url
        run_sql(server, "DROP OWNED BY member; DROP ROLE member")
        run_sql(other_server.url(SUPERUSER), "DROP ROLE app_rw")
