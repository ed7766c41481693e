"""Proof and rehearsal on the bot's own PostgreSQL with all parts real: SSH server, production, archive, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools import make_tools
from bot.tools.places import HostPlace, Places
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.bot.tools.scratches import servers
from tests.bot.tools.ssh.test_forward import carrying
from tests.bot.tools.ssh.test_shell import eventually
from tests.commands.steps.databases import change, do, fresh, seal
from tests.commands.steps.making import box, context
from tests.world import World

SCHEMA = """
CREATE TABLE kept (id serial PRIMARY KEY, word text);
INSERT INTO kept (word) SELECT 'word ' || n FROM generate_series(1, 2000) n;
CREATE TABLE "Alt ของ" (id integer); INSERT INTO "Alt ของ" SELECT generate_series(1, 7);
GRANT SELECT ON kept TO dj_app;
"""
# rights for production's application, which a copy without its roles could not take
FORWARD = 'ALTER TABLE kept ADD COLUMN extra integer; DROP TABLE "Alt ของ"; CREATE TABLE fresh (id int); GRANT SELECT ON fresh TO dj_app;'
BACK = 'DROP TABLE fresh; ALTER TABLE kept DROP COLUMN extra; CREATE TABLE "Alt ของ" (id integer);'
OWN = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
RETURN = f'{OWN}database = "d"\nundoes = "forward"\ntables = ["\\"Alt ของ\\""]\n'
# may wait before it restores, or tell all that it knows
RESTORE = """#!/bin/sh
[ ! -e "{flag}" ] || {{ touch "{flag}.here"; sleep 2; }}
[ ! -e "{flag}.talks" ] || {{ echo "pg_restore: error: address $SCRATCH_URL, password $PGPASSWORD"; exit 1; }}
exec {program} "$@"
"""


class Shop:
    """Production and a bot with the real tools, whose temporary folder is its own."""

    def __init__(self, ssh: SshServer, postgres: Postgres, folder: Path, temp: Path) -> None:
        self.folder, self.temp, self.stop = folder, temp, Event()
        fresh(postgres, "shop")
        do(postgres.url(OWNER, "shop"), SCHEMA)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "pg_restore").write_text(
            RESTORE.format(flag=folder / "slow", program=postgres_programs() / "pg_restore")
        )
        (programs / "pg_restore").chmod(0o755)
        environ = {"DB": postgres.url(OWNER, "shop"), "FOLDER": str(folder), "SSH": ssh.address}
        host = HostPlace(
            address="$SSH", key=str(ssh.key), known_hosts=str(ssh.known_hosts), path=f"{programs}:{postgres_programs()}"
        )
        self.tools = make_tools(Places(hosts={"h": host}), environ, environ)
        self.number = 0
        self.made = self.act("backup", OWN + 'name = "shop"\n')
        assert self.made.state == "done", self.made.output

    def context(self) -> Context:
        """The context of one more attempt."""
        self.number += 1
        values = dict(self.made.values) if self.number > 1 else {}
        beside = {
            "forward": box(
                "sql", 'database = "d"\nfile = "f.sql"\n[[verify]]\nsays = "one"\nexpect = 1\nsql = "SELECT 1"\n'
            )
        }
        beside["return"] = box("data-return", RETURN)
        made = context(World(), values, files={"f.sql": FORWARD, "b.sql": BACK}, beside=beside)
        key = f"{self.folder.name}/step/{self.number}"
        return replace(made, tools=self.tools, key=key, stop=self.stop)

    def act(self, kind: str, toml: str = OWN) -> Outcome:
        """A step made once."""
        return execute(box(kind, toml), self.context())

    def while_it_restores(self, do: Callable[[], None]) -> None:
        """Let the next restore wait, and do something meanwhile."""
        (self.folder / "slow").touch()

        def wait() -> None:
            assert eventually((self.folder / "slow.here").exists, 30)
            (self.folder / "slow").unlink()
            do()

        Thread(target=wait).start()

    def left(self) -> tuple[list[Path], int, list[str]]:
        """What is left of servers and forwards."""
        return list(self.temp.iterdir()), len(servers(self.temp)), carrying()


@pytest.fixture
def shop(ssh: SshServer, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop; whatever happens, nothing is left on the bot's machine."""
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        monkeypatch.setattr("tempfile.tempdir", name)
        shop = Shop(ssh, postgres, tmp_path, Path(name))
        yield shop
        assert eventually(lambda: shop.left() == ([], 0, []), 10), shop.left()
        shop.tools.close()


def test_a_backup_is_proven_on_the_bots_own_machine(shop: Shop) -> None:
    found = shop.act("proof")
    assert found.state == "done", found.summary + found.output
    assert "all 2 tables hold the 2,007 rows of the dump, unchanged" in found.summary


def test_rows_that_the_dump_lost_are_seen_there_too(shop: Shop) -> None:
    archive = shop.folder / shop.made.values["backup_file"]
    change(archive, b"17\tword 17\n", b"")
    shop.made.values["backup_sha256"] = seal(archive)  # type: ignore[index]
    found = shop.act("proof")
    assert found.state == "failed"
    assert "public.kept: 2000 rows dumped, 1999 restored" in found.lines


def test_the_migration_is_rehearsed_there_with_productions_roles(shop: Shop) -> None:
    found = shop.act("rehearse", OWN + 'forward = "f.sql"\nrollback = "b.sql"\n')
    assert found.state == "done", found.summary + found.output
    assert "7 rows brought back from the backup" in found.summary
    assert "schema and every row as before" in found.summary


def test_a_connection_lost_in_the_middle_is_told_and_the_next_attempt_proves(shop: Shop) -> None:
    shop.while_it_restores(shop.tools.shell.close)
    found = shop.act("proof")
    assert found.state == "failed", found.summary
    assert found.summary.startswith(
        "The proof is missing: the connection to host “h”, through which the copy was made, was lost."
    )
    again = shop.act("proof")
    assert again.state == "done", again.summary + again.output


def test_a_person_stops_it_in_the_middle(shop: Shop) -> None:
    shop.while_it_restores(shop.stop.set)
    assert shop.act("proof").state == "stopped"


def test_a_bot_that_was_cut_off_in_the_middle_makes_it_anew(shop: Shop) -> None:
    step, ctx = box("proof", OWN), shop.context()
    shop.while_it_restores(shop.tools.shell.close)
    assert execute(step, ctx).state == "failed", "the attempt that lost its server"
    looked = step.recover(ctx)
    assert looked is not None
    assert looked.state == "done", looked.summary + looked.output


def test_neither_the_address_nor_its_password_is_in_what_is_told(shop: Shop) -> None:
    (shop.folder / "slow.talks").touch()
    found = shop.act("proof")
    assert found.state == "failed"
    assert "pg_restore: error: address •••, password •••" in found.lines
    assert "gonogo_scratch" not in repr(found)
