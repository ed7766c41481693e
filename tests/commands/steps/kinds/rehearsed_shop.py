"""A real production database with its backup and a scratch database, to rehearse a migration."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.page_text import PageText
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.scripts import script
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import DUMP, create_databases, dump_database, run_sql
from tests.local_shell import LocalShell
from tests.world import World

PRODUCTION = """
CREATE TABLE kept (id serial PRIMARY KEY, word text); INSERT INTO kept (word) VALUES ('one'), ('two');
CREATE TABLE "Alt ของ" (id integer); INSERT INTO "Alt ของ" SELECT generate_series(1, 7);
"""
FORWARD = 'ALTER TABLE kept ADD COLUMN extra integer;\nDROP TABLE "Alt ของ";\n'
ROLLBACK = 'ALTER TABLE kept DROP COLUMN extra;\nCREATE TABLE "Alt ของ" (id integer);\n'
SQL = 'database = "d"\nfile = "f.sql"\n'
VERIFY_EXTRA = """
[[verify]]
says = "it's extra"
expect = {}
sql = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'kept'::regclass AND attname = 'extra'"
"""
DATA_RETURN = """
host = "h"
database = "d"
database_url = "$DB"
folder = "$FOLDER"
undoes = "forward"
tables = ["\\"Alt ของ\\""]
"""
COPY = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\n'
REHEARSE = COPY + 'forward = "f.sql"\nrollback = "b.sql"'
VERIFY_ONE = "[[verify]]\nsays = 'one'\nexpect = 1\nsql = 'SELECT 1'\n"


class RehearsedShop:
    """Production, its backup, and an empty scratch database."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder = folder
        self.url, self.scratch = postgres.url(OWNER, "shop"), postgres.url(SUPERUSER, "scratch")
        create_databases(postgres, "shop", "scratch")
        run_sql(self.url, PRODUCTION)
        self.checksum = dump_database(self.url, folder)

    def change_production(self, sql: str) -> None:
        """Change production, and back it up again."""
        run_sql(self.url, sql)
        shutil.rmtree(self.folder / DUMP)
        self.checksum = dump_database(self.url, self.folder)

    def rehearse(
        self,
        forward: str = FORWARD,
        rollback: str = ROLLBACK,
        *,
        returns: tuple[str, ...] = (DATA_RETURN,),
        verify: str = VERIFY_EXTRA.format(1),
        change_copy: str = "",
    ) -> Outcome:
        """Run the step. With `change_copy`, it uses the copy of a proof, on which these statements have run."""
        environ = {"DB": self.url, "SCRATCH": self.scratch, "FOLDER": str(self.folder)}
        boxes = {"forward": box("sql", SQL + verify), "rehearse": box("rehearse", REHEARSE)}
        boxes |= {f"return-{number}": box("data-return", toml) for number, toml in enumerate(returns)}
        shell = LocalShell(environ, postgres_programs())
        values = {"backup_file": DUMP, "backup_sha256": self.checksum, "backup_compared": "text"}
        ctx = context(World(), values, shell=shell, files={"f.sql": forward, "b.sql": rollback}, boxes=boxes)
        if change_copy:
            content = f"<<'END' > $FOLDER/{DUMP}.content\n{script('postgres/content.sql')}END\n"
            result = shell.ask(
                "h", f"psql -XqAt -v by=text $DB {content}", env={name: PageText(f"${name}") for name in environ}
            )
            assert not result.code, result.tail
            proof = execute(box("proof", COPY), replace(ctx, key="run-1/proof/1"))
            assert proof.state == "done", proof.summary + proof.output
            [[copy]] = self.copies()
            run_sql(self.scratch.replace("/scratch", f"/{copy}"), change_copy.format(copy=copy))
        return execute(box("rehearse", REHEARSE), ctx)

    def rehearse_alone(self, forward: str, rollback: str = "") -> Outcome:
        """Run the step for files that lose no rows, on a page without `data-return`, which would move sequences on."""
        verify = 'verify = [{ sql = "SELECT 1", expect = 1, says = "one" }]\n'
        return self.rehearse(forward or "SELECT 1;", rollback or "SELECT 1;", returns=(), verify=verify)

    def copies(self) -> list[tuple[object, ...]]:
        """The names of the copies that exist."""
        return run_sql(self.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")

    def assert_untouched(self) -> None:
        """Production has its rows, and no copy is left."""
        assert not (left := self.copies()), f"copies were left behind: {left}"
        assert run_sql(self.url, 'SELECT count(*) FROM "Alt ของ"') == [(7,)], "production was changed"
