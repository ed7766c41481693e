"""`back = "restore"`: the database comes back from the backup, and the replaced one is kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.postgres import APP, OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import PreflightResult
from commands.rollback.loss import change_of, count, with_loss
from commands.runbook import read_page
from commands.runbook.losses import taking_step
from commands.steps.base import StepBox
from commands.steps.outcome import Outcome, done
from commands.steps.values import page_texts
from commands.systems.preflight.hosts import HostCheck
from state.errors import Failed
from state.records import Attempt
from tests.commands.runbook.spoiling import page_error
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import made_databases, run_sql
from tests.commands.steps.kinds.migrated_project import ALEMBIC, PLACES, MigratedProject
from tests.commands.steps.kinds.test_migrate_tools import prisma_project
from tests.commands.steps.kinds.test_proof import WATCHED
from tests.commands.steps.migration_projects import alembic_project, alembic_revision
from tests.local_shell import LocalShell
from tests.losing import counted
from tests.pages import attempt_at, record, spoil
from tests.production import rows
from tests.world import World

__all__ = ["prisma_project"]  # a fixture
ROWS = """
ALTER TABLE orders ADD PRIMARY KEY (id), ADD COLUMN note text; INSERT INTO orders VALUES (1, 'one'), (2, 'two');
CREATE SEQUENCE tickets; SELECT nextval('tickets'), nextval('tickets'); GRANT SELECT ON orders TO dj_app;
COMMENT ON DATABASE shop IS 'the shop''s'; ALTER DATABASE shop SET search_path = public, "$user";
GRANT CREATE ON DATABASE shop TO dj_app;
"""
AS_IT_WAS = "the database is as it was, and nothing was replaced"
MAINTENANCE = 'host = "h"\ncommand = "x"\n'


class Shop(MigratedProject):
    """A database that a migration without a way back changes, and its backup."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        super().__init__(postgres, postgres, folder, ALEMBIC, form="postgresql+psycopg://")
        self.server = postgres
        self.app.mkdir()
        alembic_project(self.app, self.url)
        alembic_revision(self.app, "ccc3", "bbb2", "ALTER TABLE orders DROP COLUMN note", "SELECT 1")
        run_sql(self.url, ROWS)
        self.back = 'back = "restore"\n'
        self.more["backup"] = box("backup", f'{PLACES}name = "shop"\nat_least_lines = 1\n')

    def backed_up(self) -> None:
        backup = self.run("backup")
        assert backup.state == "done", backup.summary + backup.output
        self.values |= backup.values
        backup_box: Any = self.boxes()["backup"]
        assert backup_box.recheck(self.context("check", 1, {}), {}) == ""

    def migrated(self) -> None:
        self.backed_up()
        assert self.run("migration").state == "done"
        run_sql(self.url, "INSERT INTO orders VALUES (3); CREATE TABLE later (id int REFERENCES orders)")

    def compared(self) -> Outcome:
        backup: Any = self.boxes()["backup"]
        found: Outcome = backup.compare_after_rollback(self.context("compare", 1, {}))
        return found

    def databases(self) -> list[str]:
        """The databases that a restore made."""
        return made_databases(self.server)


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    return Shop(postgres, tmp_path)


def test_everything_is_as_in_the_backup_and_the_replaced_database_is_kept_until_the_run_ends(shop: Shop) -> None:
    shop.migrated()
    with psycopg.connect(shop.url, application_name="api") as pool, pytest.raises(psycopg.OperationalError):
        pool.execute("SELECT 1")
        pool.commit()
        back = shop.run("back")
        assert back.state == "done", back.summary + back.output
        pool.execute("SELECT 1")
    assert "Sessions that were ended: api 1." in back.summary
    assert back.compared == ("migrations at “aaa1”, as before the deploy",)
    assert run_sql(shop.url, "SELECT id, note FROM orders ORDER BY 1") == [(1, "one"), (2, "two")]
    found = shop.compared()
    assert found.missing == (), found.missing
    assert "schema, sequences, rights, settings and comments are as right before the first change" in found.compared
    [kept] = shop.databases()
    assert f"is kept as {kept} until the run ends" in back.summary
    assert run_sql(shop.url.replace("/shop", f"/{kept}"), "SELECT count(*) FROM orders") == [(3,)]
    boxes = shop.boxes()
    step: Any = boxes["back"]
    step.take_boxes(boxes)
    step.clean_up_after_run(shop.context("back", 1, boxes))
    assert shop.databases() == []


def test_a_restore_runs_through_the_words_of_the_databases_programs(shop: Shop) -> None:
    shop.words = ("nice",)
    shop.migrated()
    back = shop.run("back")
    assert back.state == "done", back.summary + back.output
    assert run_sql(shop.url, "SELECT id, note FROM orders ORDER BY 1") == [(1, "one"), (2, "two")]


def test_a_restore_that_was_killed_is_looked_at_and_begun_anew(shop: Shop) -> None:
    shop.migrated()
    back = shop.run("back")
    [kept] = shop.databases()
    half = kept.replace("replaced", "new")
    # as if it had been killed before the renaming, and then after it
    server = shop.server.url(OWNER)
    run_sql(server, "DROP DATABASE shop WITH (FORCE)")
    run_sql(server, f"ALTER DATABASE {kept} RENAME TO shop")
    run_sql(server, f"CREATE DATABASE {half}")
    assert run_sql(shop.url, "SELECT count(*) FROM orders") == [(3,)]
    back = shop.run("back", attempt=2)
    assert back.state == "done", back.summary + back.output
    assert shop.databases() == [kept]
    run_sql(shop.url, "INSERT INTO orders VALUES (9)")
    again = shop.run("back", attempt=3)
    assert again.summary == "The migrations at “aaa1”, as before the deploy."
    assert run_sql(shop.url, "SELECT count(*) FROM orders") == [(3,)], "it was restored a second time"


def test_a_restore_that_fails_leaves_production_as_it_is(shop: Shop) -> None:
    shop.migrated()
    [data] = list((shop.folder / shop.values["backup_file"]).glob("toc.dat"))
    data.write_bytes(data.read_bytes()[:-1])
    back = shop.run("back")
    why = "The backup is missing or was changed (its checksum differs)"
    assert back.summary == f"{why}; the database is as it was, and nothing was replaced."
    assert (run_sql(shop.url, "SELECT count(*) FROM orders"), shop.databases()) == ([(3,)], [])


def test_a_session_that_cannot_be_ended_keeps_production_as_it_is(shop: Shop, postgres: Postgres) -> None:
    shop.migrated()
    with psycopg.connect(shop.url.replace(OWNER, "dj_superuser").replace(
        postgres.passwords[OWNER], postgres.passwords["dj_superuser"]), application_name="admin"
    ):  # fmt: skip
        back = shop.run("back")
    assert back.state == "failed"
    assert back.summary.startswith("Sessions in the database could not be ended (admin)")
    assert (run_sql(shop.url, "SELECT count(*) FROM orders"), shop.databases()) == ([(3,)], [])


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("left", "said"),
    [
        (
            "left: api|2\nleft: prepared transaction half|1\n",
            (
                f"Sessions in the database could not be ended (api, prepared transaction half); {AS_IT_WAS}. "
                "End them by hand."
            ),
        ),
        ("", f"The databases could not be renamed; the server's reason is below; {AS_IT_WAS}."),
    ],
)
def test_sessions_are_the_reason_only_if_some_were_seen(left: str, said: str) -> None:
    world = World()
    world.fail("RENAME TO", 93, f"ERROR:  permission denied to rename database\n{left}")
    backup: Any = box("backup", f'{PLACES}name = "shop"\nat_least_lines = 1\n')
    step = box(
        "migrate", f'host = "h"\nfolder = "/app"\n{ALEMBIC}mode = "back"\nundoes = "migration"\nback = "restore"'
    )
    back = backup.restore_whole(step, context(world, {"backup_file": "shop.tar", "backup_sha256": "a" * 64}))
    assert (back.state, back.summary) == ("failed", said)
    assert any("permission denied to rename" in line for line in back.lines)


def test_a_replaced_database_that_cannot_be_dropped_is_an_error(shop: Shop, postgres: Postgres) -> None:
    shop.migrated()
    assert shop.run("back").state == "done"
    [kept] = shop.databases()
    boxes = shop.boxes()
    step: Any = boxes["back"]
    step.take_boxes(boxes)
    run_sql(postgres.url(SUPERUSER), f"ALTER DATABASE {kept} IS_TEMPLATE true")
    with pytest.raises(Failed, match=f"{kept} could not be dropped: .*template"):
        step.clean_up_after_run(shop.context("back", 1, boxes))
    run_sql(postgres.url(SUPERUSER), f"ALTER DATABASE {kept} IS_TEMPLATE false")
    step.clean_up_after_run(shop.context("back", 1, boxes))
    assert shop.databases() == []


def test_a_user_who_may_not_replace_the_database_is_named_before_the_start(shop: Shop, postgres: Postgres) -> None:
    boxes = shop.boxes()
    step: Any = boxes["back"]
    step.take_boxes(boxes)

    def found(url: str) -> list[PreflightResult]:
        check = step.preflight()[-1]
        assert isinstance(check, HostCheck)
        shell = LocalShell({**shop.environ, "DB": url}, postgres_programs())
        return check.judge(shell.ask("h", check.script, env=page_texts(dict(check.env), {})))

    assert [one.level for one in found(shop.url)] == ["ok"]
    [refused] = found(postgres.url(APP, "shop"))
    assert (refused.level, "may not create databases (CREATEDB)" in refused.summary) == ("fail", True)
    assert "does not own the database" in refused.summary, "every right that is missing is said"
    run_sql(postgres.url(SUPERUSER, "shop"), WATCHED)
    [refused] = found(shop.url)
    assert (refused.level, "may not create the event trigger watch (only a" in refused.summary) == ("fail", True)
    assert [one.level for one in found(postgres.url(SUPERUSER, "shop"))] == ["ok"]


def test_a_restore_needs_one_backup_and_stopped_requests(shop: Shop) -> None:
    boxes: dict[str, Any] = shop.boxes()
    on, off = (box("maintenance", f'{MAINTENANCE}state = "{state}"') for state in ("on", "off"))

    def why(**above: StepBox) -> str:
        error: str = boxes["back"].page_error({"migration": boxes["migration"], **above, "back": boxes["back"]})
        return error

    assert why() == "back: a restore needs the page's one backup step, and this page has 0"
    stopped = 'back: before a restore requests must be stopped; put a maintenance step (state = "on") above it'
    assert why(backup=boxes["backup"]) == stopped
    assert why(backup=boxes["backup"], on=on, off=off) == stopped
    assert why(backup=boxes["backup"], on=on) == ""


def test_what_a_tools_own_way_back_does_not_bring_back_is_named_by_the_comparison(shop: Shop) -> None:
    drop, create = "ALTER TABLE orders DROP COLUMN note", "ALTER TABLE orders ADD COLUMN note text"
    alembic_revision(shop.app, "ccc3", "bbb2", drop, create)
    shop.back = ""
    shop.backed_up()
    assert shop.run("migration").state == "done"
    assert shop.run("back").summary == "The migrations at “aaa1”, as before the deploy."
    found = shop.compared()
    assert any(line.startswith("orders (2 rows changed since") for line in found.not_compared), found


@pytest.mark.timeout(400)  # each of many starts of Prisma takes seconds
def test_prisma_comes_back_by_a_restore(shop: Shop, prisma_project: Path) -> None:
    run_sql(shop.url, "DROP TABLE orders, alembic_version; DROP SEQUENCE tickets")
    shop.environ["APP"] = str(prisma_project)
    shop.tool = 'tool = "prisma"\n'
    shop.environ["URL"] = shop.url
    shop.env = 'env = { DATABASE_URL = "$URL", MIGRATE_DATABASE_URL = "$URL" }\n'
    assert shop.run("migration").state == "done"
    shop.files.clear()
    shop.backed_up()
    folder = prisma_project / "prisma" / "migrations" / "20260301000000_drop"
    folder.mkdir()
    (folder / "migration.sql").write_text('DROP TABLE "users" CASCADE;')
    try:
        assert shop.run("migration", attempt=2).summary.endswith("to “20260301000000_drop(2)”.")
        back = shop.run("back")
        assert back.compared == ("migrations at “20250101000000_baseline(1)”, as before the deploy",), back
        assert shop.compared().missing == ()
    finally:
        shutil.rmtree(folder)


DATABASE = '[webs.api]\nurl = "$SHOP_URL"\n\n[databases.shop]\nurl = "$DB"\n'
FORWARD = """### Save

```toml backup
host = "backend"
database_url = "$DB"
folder = "$BACKUPS"
name = "shop"
```

### Migrate

```toml migrate
host = "backend"
folder = "/srv/api"
tool = "prisma"
```

## Smoke tests
"""
RESTORE = """### Stop requests

```toml maintenance
host = "backend"
state = "on"
command = "off-line"
```

### Bring the database back

```toml migrate
host = "backend"
folder = "/srv/api"
tool = "prisma"
mode = "back"
undoes = "migrate"
back = "restore"
```

## Decision
"""
CHANGED = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
COST = f'[loses]\ndatabase = "shop"\nsays = "changed rows"\nsql = "{CHANGED}"\n'
WITHIN = 'within = "15 min"\n'


def _page(cost: str) -> str:
    changes = {"## Smoke tests\n": FORWARD, "## Decision\n": RESTORE, WITHIN: WITHIN + cost}
    return spoil(('[webs.api]\nurl = "$SHOP_URL"\n', DATABASE), *changes.items())


@pytest.mark.parametrize("cost", ["", COST, f'{COST}after = ["migrate"]\n'])
def test_a_page_that_restores_counts_what_was_written_since_the_backup(cost: str) -> None:
    assert 'loses: back = "restore" loses what was written since the backup' in str(page_error(_page(cost)))


def test_the_cost_of_a_restore_is_counted_from_the_beginning_of_the_backup(postgres: Postgres) -> None:
    page = read_page(_page(f'{COST}after = ["save", "migrate"]\n'), "page.md")
    loses = page.rollback.loses
    assert loses and taking_step(page, loses) == page.step("bring-the-database-back")
    numbers = iter([100, 130, 150, 175])
    tools = replace(World().tools(), database=SimpleNamespace(query=lambda *_, **__: rows(next(numbers))))
    attempts: list[Attempt] = []
    for step in ("save", "migrate"):
        running = attempt_at(step, "running", after=5)
        work = partial(done, "It is done.")
        ended = with_loss(page, record(*attempts, running), page.step(step), tools, work, recovering=False)
        attempts.append(counted(attempt_at(step, "done", after=5), **ended.loss))
    # 30 by users before the migration, 20 by the migration itself, 25 by users after it
    change = change_of(page, record(*attempts), loses)
    assert count(tools, record(*attempts), page, loses) - change.made == 55
