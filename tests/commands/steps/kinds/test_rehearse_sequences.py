"""`rehearse`: positions of sequences and large objects, which neither schema nor rows show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.steps.kinds.rehearsed_shop import FORWARD, ROLLBACK, RehearsedShop

INVOICES = """CREATE SEQUENCE invoice_no;
CREATE TABLE invoice (nr text PRIMARY KEY DEFAULT 'R' || nextval('invoice_no'));
INSERT INTO invoice SELECT FROM generate_series(1, 50);"""
DROP = "ALTER TABLE invoice ALTER nr DROP DEFAULT; DROP SEQUENCE invoice_no;"
CREATE = "CREATE SEQUENCE invoice_no; ALTER TABLE invoice ALTER nr SET DEFAULT 'R' || nextval('invoice_no');"
WENT_BACK = (
    "On the copy, sequences go back: invoice_no from 50 to 0. What they number can collide. "
    "Use setval in the rollback file."
)
# content of 2.5 MB, and one that is empty
OBJECTS = """CREATE TABLE doc (lo oid);
INSERT INTO doc SELECT lo_from_bytea(0, convert_to(repeat('x', 2500000), 'UTF8'));
INSERT INTO doc SELECT lo_creat(-1);"""


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production before the deploy. After every test, it is untouched and no copy is left."""
    shop = RehearsedShop(postgres, tmp_path)
    yield shop
    shop.assert_untouched()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("forward", "rollback"),
    [
        (DROP, CREATE),
        ("ALTER SEQUENCE invoice_no RESTART;", ""),
        ("", "SELECT setval('invoice_no', 1, false);"),
    ],
    ids=["dropped and created again", "RESTART", "setval"],
)
def test_a_sequence_behind_a_text_default_must_not_go_back(shop: RehearsedShop, forward: str, rollback: str) -> None:
    shop.change_production(INVOICES)
    outcome = shop.rehearse_alone(forward, rollback)
    assert (outcome.state, outcome.summary) == ("failed", WENT_BACK), outcome.output
    assert shop.rehearse_alone(forward, f"{rollback}SELECT setval('invoice_no', 50);").state == "done"
    moved = shop.rehearse(FORWARD + forward, ROLLBACK + rollback)
    assert moved.state == "done", "a `data-return` moves it on: " + moved.output


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_sequence_that_nothing_in_the_schema_uses_must_not_go_back_either(shop: RehearsedShop) -> None:
    shop.change_production("CREATE SEQUENCE ticket INCREMENT -1; SELECT nextval('ticket'), nextval('ticket');")
    outcome = shop.rehearse_alone("ALTER SEQUENCE ticket RESTART;")
    assert outcome.summary.startswith("On the copy, sequences go back: ticket from 2 to 0."), outcome.output


def test_a_sequence_that_moves_on_is_as_before(shop: RehearsedShop) -> None:
    shop.change_production(INVOICES)
    assert shop.rehearse(FORWARD + "SELECT nextval('invoice_no');").state == "done"


def test_a_serial_column_whose_highest_numbers_are_free_is_only_reported(shop: RehearsedShop) -> None:
    shop.change_production("SELECT setval('kept_id_seq', 90);")
    outcome = shop.rehearse_alone("SELECT setval('kept_id_seq', 2);")
    assert outcome.state == "done", outcome.summary
    assert "the sequence kept_id_seq goes back from 90 to 2; no row has these numbers" in outcome.lines


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    "forward",
    ["SELECT lo_unlink(lo) FROM doc;", "SELECT lo_put(lo, 2400000, 'y') FROM doc LIMIT 1;"],
    ids=["removed", "changed near its end"],
)
def test_large_objects_that_the_rollback_does_not_restore_fail_the_step(shop: RehearsedShop, forward: str) -> None:
    shop.change_production(OBJECTS)
    outcome = shop.rehearse(FORWARD + forward)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.startswith("On the copy, the rollback does not restore the rows of large objects."), (
        outcome.output
    )


def test_large_objects_that_stay_are_as_before(shop: RehearsedShop) -> None:
    shop.change_production(OBJECTS)
    outcome = shop.rehearse()
    assert outcome.state == "done", outcome.output
