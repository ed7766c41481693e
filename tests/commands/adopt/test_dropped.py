"""Rows that a migration drops, as its runbook says, are kept and brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.check import check_page
from commands.adopt.adopted import Adopted, adopt
from tests.commands.adopt.reading import boxes_of, told

GONE = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'jobs_old'"


def migrating(verify: str, *, backup: bool = True, back: bool = True, above: str = "") -> Adopted:
    """A runbook whose migration is followed by this query, which should count none."""
    before = "## Before\n\n```bash\npg_dump $DB > /b/x.sql\n```\n\n" if backup else ""
    asked = f'psql $DB -c "{verify}"  # should return'
    forward = f"## Deploy\n\n### Migrate\n\n```bash\n{above}psql $DB < up.sql\n{asked} 0\n```\n"
    rollback = f"\n## Rollback\n\n```bash\npsql $DB < down.sql\n{asked} 1\n```\n" if back else ""
    return adopt(f"# Shop\n\n{before}{forward}{rollback}", "x")


def kept(adopted: Adopted) -> list[dict[str, object]]:
    """What its two boxes say is kept, and brought back."""
    boxes = [fields for kind, fields in boxes_of(adopted.page) if kind in {"data-keep", "data-return"}]
    return [{name: fields[name] for name in ("tables", "columns") if name in fields} for fields in boxes]


@pytest.mark.parametrize(
    ("verify", "names"),
    [
        (GONE, {"tables": ["jobs_old"]}),
        ("select count(*) from pg_tables where tablename in ('a', 'B c')", {"tables": ["a", '"B c"']}),
        (GONE.replace("jobs_old", 'a\\"b'), {"tables": ['"a""b"']}),
        (f"{GONE} AND table_schema = 'shop'", {"tables": ["shop.jobs_old"]}),
        (
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'jobs' AND column_name IN ('a', 'b')",
            {"columns": ["jobs.a", "jobs.b"]},
        ),
    ],
)
def test_what_the_verify_query_says_is_gone_is_kept_and_brought_back(verify: str, names: dict[str, object]) -> None:
    assert kept(migrating(verify)) == [names, names]


@pytest.mark.parametrize(
    "verify",
    [
        "SELECT count(*) FROM information_schema.tables WHERE table_name <> 'jobs'",
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'a' OR table_name = 'b'",
        "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'old'",
        "SELECT count(*) FROM information_schema.columns WHERE column_name = 'a'",
        "SELECT count(*) FROM jobs WHERE table_name = 'a'",
    ],
)
def test_what_is_not_sure_is_not_kept(verify: str) -> None:
    assert kept(migrating(verify)) == []


@pytest.mark.parametrize(("backup", "back"), [(False, True), (True, False)])
def test_without_a_backup_or_a_way_back_the_loss_is_named(*, backup: bool, back: bool) -> None:
    adopted = migrating(GONE, backup=backup, back=back)
    assert kept(adopted) == []
    assert "jobs_old: gone after this file, as its verify query says, and nothing brings the rows back" in told(adopted)


def test_the_page_is_as_good_as_without_them_wherever_the_file_stands(tmp_path: Path) -> None:
    for number, above in enumerate(("", "pm2 restart api\n")):
        page = tmp_path / f"{number}.md"
        adopted = migrating(GONE, above=above)
        page.write_text(adopted.page, encoding="utf-8")
        assert [one.message for one in check_page(page, {}).findings if one.level == "error"] == []
        made = [kind for kind, _ in boxes_of(adopted.page)]
        assert made[made.index("data-keep") + 1] == "sql"
        assert "\n### Migrate\n" in adopted.page
