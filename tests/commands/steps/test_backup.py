"""`backup` runs its real script in bash; only `pg_dump` and `psql` are small programs that can be made to misbehave."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from commands.outcome import Outcome
from commands.steps.base import act
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"\nat_least_lines = 1000'
URL = "postgresql://owner:p%40ss%2Fword@db.example:5433/shop?schema=public&sslmode=require"
GOOD = "seq 1500; echo '-- PostgreSQL database dump complete'; echo; echo '\\unrestrict x'"


# answers one question, or holds a session open as the script does
PSQL = """
[[ "$*" != *-XAtc* ]] || { echo 1000; exit; }
while IFS= read -r line; do
  case $line in *pg_export_snapshot*) echo 0001-1 ;; *gexec*) printf 'public.jobs|1500|42\\n' ;; '\\q') exit ;; esac
done
"""


class Host:
    """A host with its own pg_dump and a folder for backups."""

    def __init__(self, folder: Path, dump: str, url: str = URL) -> None:
        programs, self.backups, self.seen = folder / "bin", folder / "backups", folder / "seen"
        programs.mkdir()
        seen = f'echo "$# $PGUSER $PGPASSWORD $PGHOST $PGPORT $PGDATABASE $PGSSLMODE" > {self.seen}'
        self._program(programs / "pg_dump", f"{seen}\n{dump}")
        self._program(programs / "psql", PSQL)
        self.shell = LocalShell({"DB": url, "BACKUPS": str(self.backups)}, programs)

    def _program(self, path: Path, script: str) -> None:
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def back_up(self) -> Outcome:
        return act(box("backup", BOX), context(World(), shell=self.shell))

    def files(self) -> list[str]:
        return sorted(path.name for path in self.backups.iterdir()) if self.backups.exists() else []


def test_the_plan_shows_the_words_that_run_and_no_address() -> None:
    text = plan(box("backup", BOX))
    assert 'on h: pg_dump --snapshot="$snapshot" | gzip > "$FILE.part"' in text
    assert "DATABASE_URL=$DB" in text


def test_a_whole_dump_is_kept_with_its_checksum(tmp_path: Path) -> None:
    host = Host(tmp_path, GOOD)
    found = host.back_up()
    assert found.state == "done", found.says + found.output
    name = found.values["backup_file"]
    assert host.files() == [name, f"{name}.content", f"{name}.sha256"]
    assert (host.backups / f"{name}.content").read_text() == "public.jobs|1500|42\n"
    assert "1,500 rows of 1 tables" in found.says
    data = (host.backups / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == found.values["backup_sha256"]
    assert gzip.decompress(data).count(b"\n") == int(found.values["backup_lines"]) == 1503
    assert name.startswith("shop_run1_1_20261123T"), "the name must hold the run and the time"
    assert (host.backups / name).stat().st_mode & 0o077 == 0, "others can read the password hashes"


def test_the_address_is_taken_apart_and_stays_off_the_command_line(tmp_path: Path) -> None:
    host = Host(tmp_path, GOOD)
    host.back_up()
    assert host.seen.read_text() == "1 owner p@ss/word db.example 5433 shop require\n"


@pytest.mark.parametrize(
    ("dump", "says"),
    [
        ("seq 2080; exit 1", "failed"),
        ("seq 2080", "no end marker"),
        ("seq 10; echo '-- PostgreSQL database dump complete'", "only 11 lines"),
    ],
)
def test_a_dump_that_is_not_whole_fails_and_is_removed(tmp_path: Path, dump: str, says: str) -> None:
    host = Host(tmp_path, dump)
    found = host.back_up()
    assert found.state == "failed"
    assert says in found.says
    assert host.files() == []


def test_an_address_of_another_form_is_refused_without_showing_it(tmp_path: Path) -> None:
    found = Host(tmp_path, GOOD, url="mysql://owner:secret@db/shop").back_up()
    assert found.state == "failed"
    assert "postgresql://user:password@host:port/name" in found.says
    assert "secret" not in found.says + found.output


def test_a_disk_with_too_little_room_is_seen_before_the_dump(tmp_path: Path) -> None:
    host = Host(tmp_path, GOOD)
    (tmp_path / "bin" / "psql").write_text("#!/bin/bash\necho 9000000000000000000\n")
    assert "less room" in host.back_up().says
    assert not host.seen.exists()


def test_after_a_cut_the_finished_dump_is_found_and_not_made_again(tmp_path: Path) -> None:
    host = Host(tmp_path, GOOD)
    world = World(rate=1)
    ctx = context(world, shell=host.shell)
    step = box("backup", BOX)
    first = step.look(ctx)
    assert first.state == "done", "nothing had begun, so it begins now"
    host.seen.unlink()
    assert step.look(ctx) == first
    assert not host.seen.exists(), "pg_dump ran again"
