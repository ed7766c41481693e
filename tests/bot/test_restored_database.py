"""`back = "restore"` in whole runs on a real database, also with a bot that ends in the middle."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.settings import read_settings
from bot.wiring import tools_for
from commands.rollback.request import rollback
from commands.run.runner import Runner
from commands.runbook import Page, read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import RunMoved
from state.facts import Actor, Door
from state.records import AttemptState, Record, RunState
from state.sqlite.store import Store
from tests.commands.steps.databases import create_databases, made_databases, run_sql
from tests.commands.steps.migration_projects import alembic_project, alembic_revision

LEAD = Actor(person="ULEAD", door=Door.TERMINAL)
PAGE = """\
# Deploy the shop

```toml runbook
target = "shop"
time_zone = "Asia/Bangkok"
```

## Places

```toml places
[hosts.backend]
address = "local"
path = "$SHOP_PROGRAMS"

[databases.shop]
url = "$SHOP_DATABASE"
```

## Emergency contacts

```toml roles
[lead]
title = "Lead"
people = "$SHOP_LEAD"
phone = "$SHOP_LEAD_PHONE"
action = "decides"
```

## Deploy

### Save

```toml backup
host = "backend"
database_url = "$SHOP_DATABASE"
folder = "$SHOP_BACKUPS"
name = "shop"
at_least_lines = 1
```

### Migrate

```toml migrate
MIGRATE
```

### Look at it

```toml gate
item = [{ text = "The shop is well", role = "lead" }]
```

## Rollback

```toml rollback
within = "15 min"

[loses]
database = "shop"
says = "changed rows"
sql = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
after = ["save", "migrate"]
```

### Stop requests

```toml maintenance
host = "backend"
state = "on"
env = { folder = "$SHOP_APP" }
command = 'touch "$folder/closed"'
```

### Bring the database back

```toml migrate
MIGRATE
mode = "back"
undoes = "migrate"
back = "restore"
```

### Let requests in

```toml maintenance
host = "backend"
state = "off"
env = { folder = "$SHOP_APP" }
command = 'rm "$folder/closed"'
```

## Decision

```toml decision
role = "lead"
```
"""
MIGRATE = f"""\
host = "backend"
folder = "$SHOP_APP"
tool = "alembic"
program = "{sys.executable} -m alembic"
env = {{ DATABASE_URL = "$SHOP_URL" }}"""
BACK = "bring-the-database-back"


class Shop:
    """A shop with a database, and one run of its page."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        create_databases(postgres, "shop")
        self.postgres, self.database = postgres, postgres.url(OWNER, "shop")
        self.app = folder / "app"
        self.app.mkdir()
        url = alembic_project(self.app, self.database)
        alembic_revision(self.app, "ccc3", "bbb2", "ALTER TABLE orders DROP COLUMN note", "SELECT 1")
        more = "ADD PRIMARY KEY (id), ADD COLUMN note text"
        run_sql(self.database, f"ALTER TABLE orders {more}; INSERT INTO orders VALUES (1, 'one'), (2, 'two')")
        self.environ = {
            "SHOP_PROGRAMS": str(postgres_programs()),
            "SHOP_DATABASE": self.database,
            "SHOP_URL": url,
            "SHOP_BACKUPS": str(folder),
            "SHOP_APP": str(self.app),
            "HOME": str(folder),
        }
        self.store = Store(folder / "gonogo.db")
        self.page: Page = read_page(PAGE.replace("MIGRATE\n", f"{MIGRATE}\n"), "shop.md")
        self.runner = self.started()

    def started(self) -> Runner:
        """A bot that begins the run, or goes on with it."""
        tools = tools_for(self.page, read_settings(self.environ))
        if not self.store.active_runs():
            people = {"lead": frozenset({LEAD.person})}
            start(self.store, self.page, StartRequest(places=tools.places()), LEAD, people, tools.clock.now())
        runner = Runner(self.store, self.page, 1, tools)
        runner.start()
        return runner

    @property
    def record(self) -> Record:
        """The run's record now."""
        return self.store.record(1)

    def wait(self, until: Callable[[], object]) -> None:
        """Wait until something is true, for a minute at most."""
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline, [(one.step, one.state, one.summary) for one in self.record.attempts]
            time.sleep(0.01)

    def deployed(self) -> None:
        """Wait until the migration is applied; then users write."""
        self.wait(lambda: self.record.last("look-at-it"))
        run_sql(self.database, "INSERT INTO orders VALUES (3); CREATE TABLE later (id int REFERENCES orders)")

    def roll_back(self) -> None:
        """The lead rolls back."""
        rollback(self.store, self.store.run(1), LEAD, "it burns", self.record.run.began_at)

    def rolled_back(self) -> RunMoved:
        """What the last message of the rollback says."""
        self.wait(lambda: not self.record.run.active)
        assert self.record.run.state == RunState.ROLLED_BACK
        moved = (one.data for one in self.store.events(1) if isinstance(one.data, RunMoved))
        return next(data for data in moved if data.state == RunState.ROLLED_BACK)

    def databases(self) -> list[str]:
        """The databases that a restore has made."""
        return made_databases(self.postgres)

    def close(self) -> None:
        """End the bot."""
        self.runner.detach()
        self.store.close()


@pytest.fixture
def shop(tmp_path: Path, postgres: Postgres) -> Iterator[Shop]:
    made = Shop(tmp_path, postgres)
    yield made
    made.close()


def is_whole(shop: Shop) -> bool:
    """Whether production has what the backup has, and nothing else."""
    return (
        run_sql(shop.database, "SELECT id, note FROM orders ORDER BY 1") == [(1, "one"), (2, "two")]
        and run_sql(shop.database, "SELECT to_regclass('later')") == [(None,)]
        and not (shop.app / "closed").exists()
    )


def test_a_run_is_rolled_back_by_a_restore_and_compared_with_its_backup(shop: Shop) -> None:
    shop.deployed()
    shop.roll_back()
    said = shop.rolled_back()
    assert is_whole(shop)
    assert "migrations at “aaa1”, as before the deploy" in said.compared
    assert "2 tables are as in the backup" in said.compared
    assert said.not_restored == ()
    shop.wait(lambda: shop.databases() == [])


@pytest.mark.parametrize("moment", ["before it begins", "while it is restored", "once the names are changed"])
def test_a_bot_that_ends_in_the_middle_of_a_restore_ends_it_once(shop: Shop, moment: str) -> None:
    shop.deployed()
    moments: dict[str, Callable[[], object]] = {
        "before it begins": lambda: shop.record.last(BACK),
        "while it is restored": lambda: any("_new_" in name for name in shop.databases()),
        "once the names are changed": lambda: any("_replaced_" in name for name in shop.databases()),
    }
    shop.roll_back()
    shop.wait(moments[moment])
    shop.runner.detach()
    shop.runner = shop.started()
    said = shop.rolled_back()
    assert is_whole(shop)
    attempts = [one for one in shop.record.attempts if one.step == BACK]
    assert [(one.attempt, one.state) for one in attempts] == [(1, AttemptState.DONE)]
    assert said.not_restored == ()
