"""`migrate`: what each tool could not take back is said before anything is applied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, BACK, COLUMNS, COMMON, DJANGO, Project, alembic, url
from tests.commands.steps.kinds.test_migrate_irreversible import django, write
from tests.commands.steps.kinds.test_migrate_tools import RAILS, rails
from tests.commands.steps.migration_projects import ALEMBIC as ALEMBIC_PROGRAM
from tests.commands.steps.migration_projects import run_tool

__all__ = ["alembic", "django", "rails", "url"]  # fixtures
ADD = '    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS price int")\n'
DROP = '    op.execute("ALTER TABLE orders DROP COLUMN price")\n'
HEAD = '"""Price."""\nfrom alembic import op\n\nrevision = "bbb2"\ndown_revision = "aaa1"\n\n\n'
DOC = '    """Take it back.\n\n    pass\n    """\n'
SEVERAL = (
    f"def upgrade(name=''):\n    upgrade_one()\n\ndef downgrade(name=''):\n    downgrade_one()\n\n"
    f"def upgrade_one():\n{ADD}\n\ndef downgrade_one():\n    pass\n"
)
RAISES = "its downgrade raises an error"
UNASKED = "whether the rollback's command can take the migrations back"


def forward(project: Project, toml: str, attempt: int = 1, back: str = BACK, more: str = "") -> Outcome:
    """Go forward, on a page that goes back by the tool or by `back`."""
    step = box("migrate", toml + more)
    ctx = replace(project.context(attempt=attempt), boxes={"step": step, "back": box("migrate", toml + back)})
    return execute(step, ctx)


def refused(what: str) -> str:
    return f"Nothing was run: the rollback could not take back {what}. Run the step again to go on all the same."


# several revisions are one release: what takes long is to start the tool
_NO_WAY = [
    [
        (f"def upgrade():\n{ADD}\n\ndef downgrade():\n    raise NotImplementedError()\n", RAISES),
        (
            f"def downgrade() -> None:\n{DOC}    # never\n    raise RuntimeError(\n  1\n  )\n\ndef upgrade():\n{ADD}",
            RAISES,
        ),
        (f"def upgrade():\n{ADD}\n\ndef downgrade():\n{DOC}    pass  # nothing\n", "its downgrade does nothing"),
        (f"def upgrade():\n{ADD}\n\ndef downgrade(): pass\n", "its downgrade does nothing"),
    ],
    [
        (f"def upgrade():\n{ADD}# no downgrade\n", "it has no downgrade"),
        (f"def upgrade():\n{ADD}\n\ndef downgrade():\n    print('one way')\n    raise RuntimeError\n", RAISES),
        (SEVERAL, "its downgrade_one does nothing"),
    ],
]


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("bodies", _NO_WAY)
def test_each_alembic_revision_that_cannot_go_back_is_said_before_anything_is_applied(
    alembic: Project, tmp_path: Path, url: str, bodies: list[tuple[str, str]]
) -> None:
    names = _revisions(tmp_path, [body for body, _ in bodies])
    found = [f"{name} ({why})" for name, (_, why) in zip(names, bodies, strict=True)]
    why = ", ".join(reversed(found))  # as a rollback meets them
    outcome = forward(alembic, ALEMBIC)
    assert (outcome.state, outcome.summary) == ("failed", refused(why))
    assert run_sql(url, COLUMNS) == [("id",)]
    again = forward(alembic, ALEMBIC, attempt=2)
    assert (again.state, again.summary) == (
        "done",
        f"Migrated from “aaa1” to “{names[-1]}”. A rollback cannot take back {why}.",
    )


def test_alembic_revisions_that_may_go_back_are_applied_at_once(alembic: Project, tmp_path: Path) -> None:
    names = _revisions(
        tmp_path,
        [
            f"def upgrade():\n{ADD}\n\ndef downgrade():\n{DOC}{DROP}",
            f"def upgrade() -> None:\n{ADD}\n\ndef downgrade(\n) -> None:  # back\n    if True:\n    {DROP}",
            "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n",
            f"def upgrade():\n{ADD}\n\nback = lambda: op.execute('ALTER TABLE orders DROP price')\ndowngrade = back\n",
            f"def upgrade():\n{ADD}\n\ndef downgrade():\n    x = 'raise pass'; op.execute('SELECT 1')\n",
            f"def upgrade():\n{ADD}\n\ndef downgrade():\n    op.execute('''SELECT 1 AS\n    raise''')\n",
        ],
    )
    assert forward(alembic, ALEMBIC).summary == f"Migrated from “aaa1” to “{names[-1]}”."


def _revisions(folder: Path, bodies: list[str]) -> list[str]:
    """Write revisions with these bodies, each after the one before. Returns their names."""
    names = ["aaa1", *(f"bbb{number}" for number, _ in enumerate(bodies, 2))]
    for name, before, body in zip(names[1:], names, bodies, strict=False):
        text = HEAD.replace('"bbb2"', f'"{name}"').replace('"aaa1"', f'"{before}"') + body
        (folder / "migrations" / "versions" / f"{name}.py").write_text(text)
    return names[1:]


def test_what_is_applied_already_is_not_asked_about(alembic: Project, tmp_path: Path) -> None:
    old = tmp_path / "migrations" / "versions" / "aaa1.py"
    old.write_text(old.read_text().replace("def downgrade():\n", "def downgrade():\n    raise NotImplementedError\n"))
    assert forward(alembic, ALEMBIC).summary == "Migrated from “aaa1” to “bbb2”."


def test_a_branch_beside_what_is_applied_counts_too(alembic: Project, tmp_path: Path, url: str) -> None:
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "bbb2"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    versions = tmp_path / "migrations" / "versions"
    head = HEAD.replace('"bbb2"', '"ccc3"')
    (versions / "ccc3.py").write_text(
        f"{head}def upgrade():\n{ADD}\n\ndef downgrade():\n    raise NotImplementedError\n"
    )
    merge = HEAD.replace('"bbb2"', '"ddd4"').replace('"aaa1"', '("bbb2", "ccc3")')
    (versions / "ddd4.py").write_text(f"{merge}def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n")
    assert forward(alembic, ALEMBIC).summary == refused("ccc3 (its downgrade raises an error)")


def test_a_revision_that_cannot_be_read_is_said_to_be_not_compared(alembic: Project, tmp_path: Path) -> None:
    inside = tmp_path / "bin" / "alembic"
    inside.parent.mkdir()
    inside.write_text(
        f'#!/bin/sh\n{ALEMBIC.partition("program = ")[2].strip().strip(chr(34))} "$@" | sed "s#^Path: #&/inside#"\n'
    )
    inside.chmod(0o755)
    toml = f'{COMMON}tool = "alembic"\nprogram = "bin/alembic"\n'
    outcome = forward(alembic, toml)
    assert outcome.state == "done", outcome.output
    (not_compared,) = outcome.not_compared
    assert not_compared == "whether a rollback can take the migrations back (asking ended with exit code 1)"


def test_the_pages_own_way_back_is_not_compared_and_a_restore_takes_everything_back(alembic: Project) -> None:
    own = forward(alembic, ALEMBIC, back=f'{BACK}back = "true"\n')
    assert (own.state, own.not_compared) == ("done", (UNASKED,))


def test_django_goes_past_what_its_migration_calls_done_by_nothing(django: Project, tmp_path: Path) -> None:
    write(tmp_path, 'migrations.RunSQL("UPDATE orders SET id = 1", migrations.RunSQL.noop)')
    outcome = forward(django, DJANGO)
    assert outcome.state == "done"
    assert outcome.summary.endswith(" A rollback leaves what shop.0002_price (RunSQL) did.")


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(
    "bodies",
    [
        {
            "def change = execute('ALTER TABLE orders ADD COLUMN price int')": "execute",
            "def change\n    change_column :orders, :id, :bigint\n  end": "change_column",
            "def up = add_column(:orders, :n, :text)\n def down\n\nraise ActiveRecord::IrreversibleMigration\n end": (
                "its down raises an error"
            ),
            "def up = add_column(:orders, :o, :integer)": "it has no down",
            "def up = add_column(:orders, :p, :integer)\n  def down\n  end": "its down does nothing",
        },
        {
            "def change = helper\n def helper = connection.execute('ALTER TABLE orders ADD price int')": "execute",
            "def change\n add_column :orders, :n, :integer\n reversible { |way| way.down { raise 'no' } }\n end": (
                "its down raises an error"
            ),
            "def up = add_column(:orders, :o, :integer)\n def down\n say 'no'\n fail\n end": "its down raises an error",
            "def change\n change_table(:orders) { |t| t.remove :o }\n end": "remove_columns",
            "def change = remove_column(:orders, :id)": "remove_column",
        },
    ],
)
def test_each_rails_migration_that_cannot_go_back_is_said_before_anything_is_applied(
    rails: Project, tmp_path: Path, bodies: dict[str, str]
) -> None:
    assert rails.run(RAILS).state == "done"
    rails.files.clear()
    names = _rails_migrations(tmp_path, list(bodies))
    why = ", ".join(f"{name} ({why})" for name, why in zip(names, bodies.values(), strict=True))
    outcome = forward(rails, RAILS, attempt=2)
    assert (outcome.state, outcome.summary) == ("failed", refused(why))
    again = forward(rails, RAILS, attempt=3)
    assert again.summary.endswith(f" A rollback cannot take back {why}."), again.summary


def test_rails_migrations_that_go_both_ways_are_applied_at_once(rails: Project, tmp_path: Path) -> None:
    assert rails.run(RAILS).state == "done"
    rails.files.clear()
    bodies = [
        "def change = add_column(:orders, :price, :integer)",
        "def change\n reversible { |way| way.up { execute('SELECT 1') } }\n create_table(:x) { |t| t.text :n }\n end",
        "def change\n up_only { execute('SELECT 1') }\n add_index :orders, :price\n end",
        "def up = execute('SELECT 1')\n  def down = execute('SELECT 1')",
        "def change\n raise 'no' if false\n change_table(:orders) { |t| t.remove :price, type: :integer }\n end",
        "def change\n rest = [:id, :integer]\n remove_column(:orders, *rest)\n end",
        "def up\n  end\n  def down\n  end",
    ]
    _rails_migrations(tmp_path, bodies)
    outcome = forward(rails, RAILS, attempt=2)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    assert "take back" not in outcome.summary


def test_what_lies_beyond_the_version_to_which_rails_goes_asks_nobody(rails: Project, tmp_path: Path) -> None:
    _rails_migrations(tmp_path, ["def change = remove_column(:orders, :id)"])
    outcome = forward(rails, RAILS.replace("env = {", 'env = { VERSION = "20260101000000",'))
    assert outcome.state == "done", outcome.summary
    assert "take back" not in outcome.summary


def _rails_migrations(folder: Path, bodies: list[str]) -> list[str]:
    """Write migrations with these bodies, each newer than the one before. Returns their names."""
    names = []
    for number, body in enumerate(bodies):
        text = f"class Price{number} < ActiveRecord::Migration[6.1]\n  {body}\nend\n"
        (folder / "db" / "migrate" / f"2026020200000{number}_price{number}.rb").write_text(text)
        names.append(f"2026020200000{number} Price{number}")
    return names


# it keeps the version in a file, and says it as golang-migrate does
_GOLANG = """\
#!/bin/bash
case "${@: -1}" in
  version) cat version 2> /dev/null || { echo "error: no migration" >&2; exit 1; } ;;
  up) ls migrations/*.up.sql | sed 's#.*/##; s#_.*##' | sort -n | tail -n 1 > version ;;
esac
"""


@pytest.mark.parametrize(
    ("down", "why"),
    [
        (None, "it has no down file"),
        ("-- nothing\n;\n", "its down file does nothing"),
        ("\ufeffBEGIN;\r\n/* nothing * here */ SELECT 1;\nCOMMIT;", "its down file does nothing"),
        ("BEGIN; DROP TABLE t; COMMIT;", ""),
    ],
)
def test_golang_migrate(tmp_path: Path, down: str | None, why: str) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("1_first.up.sql", "1_first.down.sql", "0010_more.up.sql"):
        (folder / name).write_text("CREATE TABLE t ()")
    (tmp_path / "version").write_text("1\n")
    if down is not None:
        (folder / "10_more.down.sql").write_text(down)  # the tool reads both names as 10
    (tmp_path / "migrate").write_text(_GOLANG)
    (tmp_path / "migrate").chmod(0o755)
    toml = f'{COMMON}tool = "golang-migrate"\nprogram = "./migrate -path migrations"\n'
    outcome = forward(Project(tmp_path, "postgres://nowhere"), toml)
    if why:
        assert (outcome.state, outcome.summary) == ("failed", refused(f"0010_more ({why})"))
    else:
        assert outcome.summary == "Migrated from “1” to “0010”."
