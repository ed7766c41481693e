"""`data-return` and what a table does by itself with new rows: stamps, audits and rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import SUPERUSER, Postgres
from tests.commands.steps.kinds.migrated_shop import MigratedShop

pytestmark = pytest.mark.fault("not looked at, and said to be fine")
STAMPED = """
CREATE TABLE audit (what text);
CREATE TABLE stamped (id integer, day date, word text, stamp text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE stamped_1 PARTITION OF stamped FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.stamp := 'now'; RETURN NEW; END $$;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO audit VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER stamps BEFORE INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER audits AFTER INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER audits_once AFTER INSERT OR UPDATE ON stamped_1 FOR EACH STATEMENT EXECUTE FUNCTION audit();
"""
ROWS = """
ALTER TABLE stamped DISABLE TRIGGER USER;
INSERT INTO stamped VALUES (1, '2026-02-01', 'one', 'then'), (2, '2026-03-01', 'two', 'then');
ALTER TABLE stamped ENABLE TRIGGER USER;
TRUNCATE audit
"""
CONTENT = "SELECT id, word, stamp FROM stamped ORDER BY 1"
ENABLED = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' AND tgname ~ '^(stamps|audits)'"


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> MigratedShop:
    """A database with rows that were stamped when they were written."""
    shop = MigratedShop(postgres, tmp_path)
    shop.run_sql(STAMPED + ROWS)
    shop.back_up()
    return shop


@pytest.mark.parametrize("table", ["stamped", "stamped_1"])
def test_rows_come_back_with_the_stamp_that_they_had_and_no_audit_is_written(shop: MigratedShop, table: str) -> None:
    before, enabled = shop.run_sql(CONTENT), shop.run_sql(ENABLED)
    shop.run_sql("DELETE FROM stamped; TRUNCATE audit")
    outcome = shop.bring_back(table)
    assert outcome.state == "done", outcome.output
    assert shop.run_sql(CONTENT) == before
    assert shop.run_sql("SELECT * FROM audit") == []
    assert shop.run_sql(ENABLED) == enabled


@pytest.mark.parametrize("table", ["stamped", "stamped_1"])
def test_a_trigger_that_a_partition_has_from_its_table_writes_nothing_on_older_servers(
    shop: MigratedShop, postgres: Postgres, table: str
) -> None:
    """PostgreSQL 13 and 14 mark it as the server's own; newer ones let only a superuser switch off such a one."""
    shop.url = postgres.url(SUPERUSER, "shop")
    shop.run_sql("UPDATE pg_trigger SET tgisinternal = true WHERE tgparentid <> 0")
    everywhere = ENABLED.replace("NOT tgisinternal AND ", "")
    before, enabled = shop.run_sql(CONTENT), shop.run_sql(everywhere)
    shop.run_sql("DELETE FROM stamped; TRUNCATE audit")
    outcome = shop.bring_back(table)
    assert outcome.state == "done", outcome.output
    assert shop.run_sql(CONTENT) == before
    assert shop.run_sql("SELECT * FROM audit") == []
    assert shop.run_sql(everywhere) == enabled


@pytest.mark.parametrize("table", ["stamped", "stamped_1"])
def test_column_values_come_back_and_stamp_nothing_anew(shop: MigratedShop, table: str) -> None:
    before = shop.run_sql(CONTENT)
    shop.run_sql("ALTER TABLE stamped DROP COLUMN word; ALTER TABLE stamped ADD COLUMN word text; TRUNCATE audit")
    outcome = shop.bring_back(columns=(f"{table}.word",))
    assert outcome.state == "done", outcome.output
    assert shop.run_sql(CONTENT) == before
    assert shop.run_sql("SELECT * FROM audit") == []


def test_a_rule_writes_nothing_for_rows_that_come_back(shop: MigratedShop) -> None:
    shop.run_sql("CREATE RULE copies AS ON INSERT TO keyless DO ALSO INSERT INTO audit VALUES ('rule')")
    shop.run_sql("DELETE FROM keyless")
    outcome = shop.bring_back("keyless")
    assert outcome.state == "done", outcome.output
    assert shop.run_sql("SELECT * FROM audit") == []
    shop.run_sql("INSERT INTO keyless VALUES ('later')")
    assert shop.run_sql("SELECT * FROM audit") == [("rule",)], "the rule was left disabled"
