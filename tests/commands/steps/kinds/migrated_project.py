"""A production database with a migration tool's project, its backup and its scratch server."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import DUMP, create_databases, dump_database, run_sql
from tests.local_shell import LocalShell
from tests.world import World

PLACES = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
ALEMBIC = f'tool = "alembic"\nprogram = "{sys.executable} -m alembic"\n'
DJANGO = f'tool = "django"\nprogram = "{sys.executable} manage.py"\n'
COMMON = 'host = "h"\nfolder = "$APP"\n'


class MigratedProject:
    """A page with a migration by a tool, its way back, and a rehearsal of both."""

    def __init__(self, postgres: Postgres, other_server: Postgres, folder: Path, tool: str, *, form: str = "") -> None:
        self.folder, self.app, self.tool = folder, folder / "app", tool
        self.url, self.scratch = postgres.url(OWNER, "shop"), other_server.url(SUPERUSER, "scratch")
        create_databases(postgres, "shop")
        create_databases(other_server, "scratch")
        self.environ = {
            "DB": self.url, "URL": self.url.replace("postgresql://", form or "postgresql://"),
            "SCRATCH": self.scratch, "FOLDER": str(folder), "APP": str(self.app),
        }  # fmt: skip
        self.env = 'env = { DATABASE_URL = "$URL" }\n'
        self.back = ""
        self.files: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.more: dict[str, object] = {}
        self.words: tuple[str, ...] = ()  # through which PostgreSQL's programs run

    def back_up(self) -> None:
        """Dump the database as it is now."""
        checksum = dump_database(self.url, self.folder)
        self.values = {"backup_file": DUMP, "backup_sha256": checksum, "backup_compared": "text"}

    def boxes(self, rehearsal: str = "") -> dict[str, object]:
        """The page's steps."""
        migrate = COMMON + self.tool + self.env
        return {
            "rehearse": box("rehearse", f'{PLACES}scratch_url = "$SCRATCH"\nmigration = "migration"\n{rehearsal}'),
            "migration": box("migrate", migrate),
            "back": box("migrate", f'{migrate}mode = "back"\nundoes = "migration"\n{self.back}'),
            **self.more,
        }

    def run(self, step: str, *, attempt: int = 1, rehearsal: str = "", shell: LocalShell | None = None) -> Outcome:
        """Run one step of the page."""
        boxes = self.boxes(rehearsal)
        for one in boxes.values():
            one.take_boxes(boxes)  # type: ignore[attr-defined]
            one.take_client_programs({"$DB": self.words} if self.words else {})  # type: ignore[attr-defined]
        return execute(boxes[step], self.context(step, attempt, boxes, shell))  # type: ignore[arg-type]

    def context(self, step: str, attempt: int, boxes: dict[str, object], shell: LocalShell | None = None) -> Context:
        """The context of an attempt at a step."""
        shell = shell or LocalShell(self.environ, postgres_programs())
        ctx = context(World(), self.values, shell=shell, files=self.files, boxes=boxes)  # type: ignore[arg-type]
        return Context(**{**vars(ctx), "key": f"run-1/{step}/{attempt}"})

    def rehearse(self, rehearsal: str = "") -> Outcome:
        """Back up, and rehearse."""
        if not self.values:
            self.back_up()
        return self.run("rehearse", rehearsal=rehearsal)

    def leftovers(self) -> list[tuple[object, ...]]:
        """Databases that a rehearsal left on the scratch server."""
        return run_sql(self.scratch, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")
