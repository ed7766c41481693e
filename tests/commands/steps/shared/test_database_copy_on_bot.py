"""`proof` and `rehearse` on a PostgreSQL of the bot, with everything real, over SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools import make_tools
from bot.tools.places import HostPlace, Places
from commands.ports.page_text import PageText
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.bot.tools.helpers import eventually, forward_threads, scratch_processes
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import change_row, create_databases, run_sql, write_checksums
from tests.world import World

SCHEMA = """
CREATE TABLE kept (id serial PRIMARY KEY, word text);
INSERT INTO kept (word) SELECT 'word ' || n FROM generate_series(1, 2000) n;
CREATE TABLE "Alt ของ" (id integer); INSERT INTO "Alt ของ" SELECT generate_series(1, 7);
GRANT SELECT ON kept TO dj_app;
"""
# the GRANT fails on a copy without production's roles
FORWARD = """
ALTER TABLE kept ADD COLUMN extra integer;
DROP TABLE "Alt ของ";
CREATE TABLE fresh (id int);
GRANT SELECT ON fresh TO dj_app;
"""
ROLLBACK = 'DROP TABLE fresh; ALTER TABLE kept DROP COLUMN extra; CREATE TABLE "Alt ของ" (id integer);'
STEP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
DATA_RETURN = f'{STEP}database = "d"\nundoes = "forward"\ntables = ["\\"Alt ของ\\""]\n'
# a pg_restore that waits before it restores, or prints the password, if a file tells it to
PG_RESTORE = """#!/bin/sh
[ ! -e "{flag}" ] || {{ touch "{flag}.here"; sleep 2; }}
[ ! -e "{flag}.talks" ] || {{ echo "pg_restore: error: password $PGPASSWORD"; exit 1; }}
exec {program} "$@"
"""


class Shop:
    """Production, and a bot with the real tools and a temporary folder of its own."""

    def __init__(self, ssh: SshServer, postgres: Postgres, folder: Path, temp: Path) -> None:
        self.folder, self.temp, self.stop = folder, temp, Event()
        create_databases(postgres, "shop")
        run_sql(postgres.url(OWNER, "shop"), SCHEMA)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "pg_restore").write_text(
            PG_RESTORE.format(flag=folder / "slow", program=postgres_programs() / "pg_restore")
        )
        (programs / "pg_restore").chmod(0o755)
        environ = {"DB": postgres.url(OWNER, "shop"), "FOLDER": str(folder), "SSH": ssh.address}
        host = HostPlace(
            address=PageText("$SSH"),
            key=str(ssh.key),
            known_hosts=str(ssh.known_hosts),
            path=f"{programs}:{postgres_programs()}",
        )
        self.tools = make_tools(Places(hosts={"h": host}), environ, environ)
        self.number = 0
        self.backup = self.run_step("backup", STEP + 'name = "shop"\n')
        assert self.backup.state == "done", self.backup.output

    def context(self, forward: str = FORWARD) -> Context:
        """The context of a new attempt."""
        self.number += 1
        values = dict(self.backup.values) if self.number > 1 else {}
        boxes = {
            "forward": box(
                "sql", 'database = "d"\nfile = "f.sql"\n[[verify]]\nsays = "one"\nexpect = 1\nsql = "SELECT 1"\n'
            )
        }
        boxes["return"] = box("data-return", DATA_RETURN)
        ctx = context(World(), values, files={"f.sql": forward, "b.sql": ROLLBACK}, boxes=boxes)
        key = f"{self.folder.name}/step/{self.number}"
        return replace(ctx, tools=self.tools, key=key, stop=self.stop)

    def run_step(self, kind: str, toml: str = STEP, forward: str = FORWARD) -> Outcome:
        """Run a step as a new attempt."""
        return execute(box(kind, toml), self.context(forward))

    def during_restore(self, action: Callable[[], None]) -> None:
        """Let the next restore wait, and do something in that time."""
        (self.folder / "slow").touch()

        def wait() -> None:
            assert eventually((self.folder / "slow.here").exists, 30)
            (self.folder / "slow").unlink()
            action()

        Thread(target=wait).start()

    def leftovers(self) -> tuple[list[Path], int, list[str]]:
        """Files, servers and forwarded ports that still exist on the bot's machine."""
        return list(self.temp.iterdir()), len(scratch_processes(self.temp)), forward_threads()


@pytest.fixture
def shop(ssh: SshServer, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop. After every test, nothing is left on the bot's machine."""
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        monkeypatch.setattr("tempfile.tempdir", name)
        shop = Shop(ssh, postgres, tmp_path, Path(name))
        yield shop
        assert eventually(lambda: shop.leftovers() == ([], 0, []), 10), shop.leftovers()
        shop.tools.close()


def test_a_backup_is_proven_on_the_bots_own_machine(shop: Shop) -> None:
    outcome = shop.run_step("proof")
    assert outcome.state == "done", outcome.summary + outcome.output
    assert outcome.summary.endswith(": 2,007 rows in 2 tables, every row as it was dumped.")


def test_a_dump_that_lost_rows_fails_the_proof(shop: Shop) -> None:
    archive = shop.folder / shop.backup.values["backup_file"]
    change_row(archive, b"17\tword 17\n", b"")
    shop.backup.values["backup_sha256"] = write_checksums(archive)  # type: ignore[index]
    outcome = shop.run_step("proof")
    assert outcome.state == "failed"
    assert "public.kept: 2000 rows dumped, 1999 restored" in outcome.lines


def test_a_migration_is_rehearsed_with_productions_roles(shop: Shop) -> None:
    outcome = shop.run_step("rehearse", STEP + 'forward = "f.sql"\nrollback = "b.sql"\n')
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "7 rows brought back from the backup" in outcome.summary
    assert "; the schema, every row and every sequence are as before" in outcome.summary


def test_a_setting_of_a_role_that_the_migration_resets_must_come_back(shop: Shop, postgres: Postgres) -> None:
    run_sql(postgres.url(SUPERUSER), f"ALTER ROLE dj_app SET search_path = shop, public; ALTER ROLE {OWNER} CREATEROLE")
    run_sql(postgres.url(SUPERUSER), f"GRANT dj_app TO {OWNER} WITH ADMIN OPTION")
    try:
        step = STEP + 'forward = "f.sql"\nrollback = "b.sql"\n'
        outcome = shop.run_step(
            "rehearse", step, f"SET ROLE gonogo_scratch;{FORWARD}ALTER ROLE dj_app RESET search_path;"
        )
    finally:
        run_sql(postgres.url(SUPERUSER), f"ALTER ROLE dj_app RESET ALL; REVOKE dj_app FROM {OWNER}")
    assert outcome.state == "failed", outcome.summary + outcome.output
    assert "the rollback does not restore setting search_path of role dj_app: shop, public → none" in outcome.summary


def test_a_connection_lost_in_the_middle_is_reported_and_the_next_attempt_succeeds(shop: Shop) -> None:
    shop.during_restore(shop.tools.shell.close)
    outcome = shop.run_step("proof")
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.startswith(
        "The proof is missing: the SSH connection to host “h” was lost; the copy was reached through it."
    )
    again = shop.run_step("proof")
    assert again.state == "done", again.summary + again.output


def test_a_person_can_stop_it_in_the_middle(shop: Shop) -> None:
    shop.during_restore(shop.stop.set)
    assert shop.run_step("proof").state == "stopped"


def test_after_a_crash_in_the_middle_the_proof_runs_again(shop: Shop) -> None:
    step, ctx = box("proof", STEP), shop.context()
    shop.during_restore(shop.tools.shell.close)
    assert execute(step, ctx).state == "failed", "the attempt that lost its server"
    recovered = step.recover(ctx)
    assert recovered is not None
    assert recovered.state == "done", recovered.summary + recovered.output


def test_the_password_is_not_shown(shop: Shop) -> None:
    (shop.folder / "slow.talks").touch()
    outcome = shop.run_step("proof")
    assert outcome.state == "failed"
    assert "pg_restore: error: password •••" in outcome.lines
    assert "gonogo_scratch" not in repr(outcome)
