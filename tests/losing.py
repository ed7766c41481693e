"""The small page with a query of what a rollback loses, and attempts with their counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from commands.runbook import Page
from state.records import Attempt, AttemptState
from tests.pages import attempt_at, small

SQL = "SELECT count(*) FROM orders"
MIGRATION = """### Migrate

```toml sql
database = "shop"
file = "forward.sql"

[[verify]]
says = "moved"
sql = "SELECT 1"
expect = 1
```

## Smoke tests"""
UNDO = """### Migrate back

```toml sql
database = "shop"
file = "back.sql"
undoes = "migrate"

[[verify]]
says = "moved"
sql = "SELECT 1"
expect = 1
```

## Decision"""


def losing_page(says: str = "orders", sql: str = SQL, *, after: str = "", migration: bool = True) -> Page:
    """The page; with `migration` the last step of its deploy changes the database, and the rollback undoes that."""
    web, database = '[webs.api]\nurl = "$SHOP_URL"\n', '\n[databases.shop]\nurl = "$SHOP_DB"\n'
    named = f"\nafter = {after}" if after else ""
    loses = f'within = "15 min"\n[loses]\ndatabase = "shop"\nsql = "{sql}"\nsays = "{says}"{named}\n'
    steps = {"## Smoke tests": MIGRATION, "## Decision": UNDO} if migration else {}
    return small(**{web: web + database, 'within = "15 min"\n': loses, **steps})


def counted(attempt: Attempt, **loss: Any) -> Attempt:
    """The attempt, with what was counted around it."""
    return replace(attempt, outcome={**attempt.outcome, "loss": loss})


def lost_by_rollback(number: float) -> tuple[Attempt, Attempt]:
    """The deploy of the page without a migration, and its rollback, which lost so many."""
    deployed = counted(attempt_at("put-the-code-there", AttemptState.DONE, after=2), made=200)
    return deployed, counted(attempt_at("put-the-old-code-back", AttemptState.DONE, after=41), lost=number)
