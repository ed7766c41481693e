"""`proof` on a server whose messages are in another language than English."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import SUPERUSER, Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_proof import Shop
from tests.commands.steps.other_language import german_programs


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """A backup with a table of an owner as whom the scratch user may not act."""
    shop = Shop(postgres, tmp_path)
    run_sql(postgres.url(SUPERUSER, "shop"), "CREATE TABLE others (id int); GRANT SELECT ON others TO PUBLIC")
    shop.back_up()
    return shop


@pytest.mark.fault("a cause that nobody has seen")
def test_harmless_errors_are_known_in_any_language(shop: Shop, tmp_path: Path) -> None:
    assert shop.prove().state == "done", "this test needs an error that is harmless in English"
    shop.programs = german_programs(tmp_path)
    outcome = shop.prove()
    assert outcome.state == "done", outcome.summary + outcome.output


def test_a_server_that_speaks_no_english_is_named_instead_of_the_backup(shop: Shop, tmp_path: Path) -> None:
    shop.programs = german_programs(tmp_path, may_ask_for_english=False)
    outcome = shop.prove()
    assert outcome.state == "failed"
    assert "messages are in another language than English" in outcome.summary
    assert "ALTER ROLE … SET lc_messages = 'C'" in outcome.summary
    assert shop.copies() == [], "nothing was done"
