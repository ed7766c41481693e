"""Every step with PostgreSQL's client programs works where these are in a container only."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration
from commands.ports.preflight import FAIL, PreflightContext
from commands.ports.shell import Job
from commands.runbook import read_page
from commands.runbook.plan import plan_lines
from commands.steps.base import execute
from commands.steps.plan_line import with_programs
from commands.systems.postgres.client_programs import program_checks, through
from state.errors import Stopped
from tests.bot.tools.helpers import eventually, local_shell
from tests.commands.runbook.spoiling import line_of, page_error
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.container import container, empty_environment, host_without_programs
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.migrated_shop import FORWARD, SCHEMA, TABLES
from tests.commands.steps.kinds.test_backup_to_rehearsal import COPY, PLACES, REHEARSE, Shop
from tests.docker_daemon import docker_daemon
from tests.local_shell import LocalShell
from tests.pages import spoil
from tests.world import World

BACKUP = """### Back up

```toml backup
host = "backend"
database_url = "$SHOP_DB"
folder = "$SHOP_BACKUPS"
name = "shop"
```

## Smoke tests"""
PAGE = spoil(
    ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\npg_programs = "docker exec -i db"\n\n[webs.api]'),
    ("## Smoke tests", BACKUP),
)
NAMES = ", ".join(f"'{name}'" for name in TABLES)
RETURN = f'{PLACES}database = "d"\nundoes = "migration"\ntables = [{NAMES}]\n'


@pytest.fixture(scope="module", params=["in a container", "in an empty environment"])
def words(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """The words through which the programs run."""
    if request.param == "in a container":
        with docker_daemon() as daemon, container(str(daemon.bin / "docker")) as found:
            yield found
    else:
        folder = tmp_path_factory.mktemp("words")
        with empty_environment(folder, hidden=tmp_path_factory.getbasetemp()) as found:
            yield found


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path, words: tuple[str, ...]) -> Shop:
    """The database before the deploy, on a host without PostgreSQL's programs."""
    (tmp_path / "backups").mkdir()
    shop = Shop(postgres, tmp_path / "backups")
    shop.shell = LocalShell(shop.shell.environ, host_without_programs(tmp_path / "host"))
    shop.words = words
    return shop


def test_a_backup_is_proven_rehearsed_kept_and_brought_back(shop: Shop, tmp_path: Path) -> None:
    before = shop.content()
    backup = shop.step("backup", PLACES + 'name = "shop"\nat_least_lines = 10')
    assert backup.state == "done", backup.summary + backup.output
    archive = tmp_path / "backups" / shop.values["backup_file"]
    assert [file.name for file in archive.iterdir()] == ["all.dump"]
    for kind, toml in (("proof", COPY), ("rehearse", REHEARSE)):
        outcome = shop.step(kind, toml)
        assert outcome.state == "done", outcome.summary + outcome.output
    run_sql(shop.url, "INSERT INTO parents (name) VALUES ('written since')")
    kept = shop.step("data-keep", f"{PLACES}tables = [{NAMES}]\n")
    assert kept.state == "done", kept.summary + kept.output
    assert "kept again" in kept.summary
    now = shop.content()
    assert now != before
    assert bring_back(shop).startswith("Brought back from the backup")
    assert shop.content() == now


def bring_back(shop: Shop) -> str:
    """Run the migration and its rollback, and bring the rows back; what the step says."""
    run_sql(shop.url, FORWARD)
    run_sql(shop.url, SCHEMA)
    ctx = context(World(), shop.values, shell=shop.shell)
    database = PostgresDatabase({"d": DatabasePlace(url=shop.url)}, {}, Redactor([]))
    migration = Migration(key="run-1/migration", name="f.sql", text="SELECT 1", lock_timeout=1, limit=5)
    database.apply("d", migration, stop=threading.Event())
    object.__setattr__(ctx.tools, "database", database)
    step = box("data-return", RETURN)
    step.take_client_programs({"$DB": shop.words})
    outcome = execute(step, replace(ctx, key="run-1/back/1"))
    return outcome.summary + outcome.output * (outcome.state != "done")


def test_a_damaged_stream_is_found(shop: Shop, tmp_path: Path) -> None:
    shop.step("backup", PLACES + 'name = "shop"\nat_least_lines = 10')
    file = tmp_path / "backups" / shop.values["backup_file"] / "all.dump"
    file.write_bytes(file.read_bytes()[:-1])
    assert shop.step("proof", COPY).summary.startswith("The proof failed: the backup is missing or was changed")


def test_an_error_of_a_file_names_its_line(shop: Shop) -> None:
    shop.step("backup", PLACES + 'name = "shop"\nat_least_lines = 10')
    outcome = shop.step("rehearse", REHEARSE, back="SELECT 1;\nSELECT no_such_column;\n")
    assert outcome.summary == "On the copy, the rollback file failed; nothing else was touched."
    assert any(line.startswith("line 2: ERROR:") for line in outcome.lines), outcome.lines


def test_the_preflight_looks_for_the_programs_where_they_are(shop: Shop) -> None:
    step = box("backup", PLACES + 'name = "shop"')
    step.take_client_programs({"$DB": shop.words})
    ctx = PreflightContext(tools=replace(World().tools(), shell=shop.shell), ref="main")
    found = [result for check in step.preflight() for result in check.run_preflight(ctx)]
    assert not [result for result in found if result.level == FAIL], found
    assert f"programs found through `{' '.join(shop.words)}`: psql, pg_dump, pg_restore" in {
        one.summary for one in found
    }
    (refused,) = program_checks("h", ("psql",), ("false",))[1].run_preflight(ctx)
    assert refused.summary.startswith("PostgreSQL's programs cannot be run through `false` (")


def test_no_password_is_on_a_command_line_and_no_variable_of_the_container_counts(shop: Shop) -> None:
    shown = "there sh -c 'env; exec sleep 2' < /dev/null & sleep 1; ps -eo args | grep 's3cr3t[-]word' || true; wait"
    text = through(shop.words, f"export PGPASSWORD=$WORD PGHOST=here\n{shown}")
    lines = shop.shell.ask("h", text, env={"WORD": "s3cr3t-word"}).tail.splitlines()
    assert [line for line in lines if "s3cr3t-word" in line] == ["PGPASSWORD=s3cr3t-word"]
    assert {line for line in lines if re.match("PG[A-Z]+=", line)} == {"PGPASSWORD=s3cr3t-word", "PGHOST=here"}


def sleeping(number: str) -> bool:
    """Whether a program with this word runs on this machine, in a container or not."""
    return subprocess.run(["pgrep", "-f", f"^sleep {number}$"], capture_output=True, check=False).returncode == 0


def test_what_runs_there_ends_with_a_job_that_is_stopped(tmp_path: Path, words: tuple[str, ...]) -> None:
    shell, stop = local_shell(tmp_path), threading.Event()
    number = f"8{time.time_ns() % 10**9}"
    job = Job(key="run-1/there/1", script=through(words, f"there sleep {number} < /dev/null"), limit=60)

    def run() -> None:
        with suppress(Stopped):
            shell.run("box", job, stop=stop)

    running = threading.Thread(target=run)
    running.start()
    assert eventually(lambda: sleeping(number)), "it did not begin"
    stop.set()
    running.join(60)
    assert eventually(lambda: not sleeping(number)), "it goes on without its job"


@pytest.mark.parametrize("bad", ["sh -c", "env -i", "cat", "false", "no-such-program", "xargs", "timeout 5 nice sh -c"])
def test_words_that_do_not_hand_everything_over_are_refused_before_anything_is_done(tmp_path: Path, bad: str) -> None:
    result = local_shell(tmp_path).ask("box", through(bad.split(), f"touch {tmp_path}/effect"))
    refused = bad != "env -i"
    assert (result.code == 64, (tmp_path / "effect").exists()) == (refused, not refused), result.tail


def test_the_words_stand_in_the_plan_and_reach_the_steps_of_their_database_only() -> None:
    page = read_page(PAGE, "page.md")
    lines = list(plan_lines(page))
    assert (
        "database shop: hosts run psql, pg_dump and pg_restore through `docker exec -i db`, and stream the backup"
        in lines
    )
    programs = "\n".join(with_programs(lines))
    assert programs.count("| THROUGH=(docker exec -i db)") == 1
    assert "THROUGH=" not in plan(box("backup", PLACES + 'name = "shop"')), "a step without words is as it was"


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("docker exec -i db", "docker exec -i 'db'", "pg_programs =", "must be plain words, like"),
        ("docker exec -i db", "docker exec; rm", "pg_programs =", "must be plain words, like"),
        ("docker exec -i db", "PGHOST=x psql", "pg_programs =", "must be plain words, like"),
        ("docker exec -i db", " ", "pg_programs =", "must be plain words, like"),
        ("docker exec -i db", "docker exec -i $DB", "pg_programs =", "must be plain words, like"),
        ("docker exec -i db", "docker exec -i <run>", "pg_programs =", "must be plain words, like"),
        (
            'database_url = "$SHOP_DB"',
            'database_url = "$OTHER"',
            "pg_programs =",
            "no step that runs these programs has",
        ),
        (
            "[webs.api]",
            '[databases.twin]\nurl = "$SHOP_DB"\npg_programs = "podman exec -i x"\n\n[webs.api]',
            'pg_programs = "podman',
            "another database has the address $SHOP_DB and other pg_programs",
        ),
    ],
)
def test_words_that_a_shell_would_read_or_that_nobody_uses_are_refused(old: str, new: str, at: str, what: str) -> None:
    text = PAGE.replace(old, new)
    error = page_error(text)
    assert what in error.what, error.what
    assert error.line == line_of(text, at), error


@pytest.mark.parametrize("kind", ["proof", "rehearse"])
def test_a_copy_needs_a_database_that_the_programs_reach(kind: str) -> None:
    more = 'forward = "f.sql"\nrollback = "b.sql"\n' if kind == "rehearse" else ""
    places = 'host = "backend"\ndatabase_url = "$SHOP_DB"\nfolder = "$F"\n'
    step = f"### Copy\n\n```toml {kind}\n{places}{more}```\n\n## Smoke tests"
    text = PAGE.replace("## Smoke tests", step)
    error = page_error(text)
    assert error.what.startswith("scratch_url: is missing; the bot's own PostgreSQL is at the host's loopback")
    assert error.line == line_of(text, "### Copy")
    read_page(text.replace('folder = "$F"\n' + more, 'folder = "$F"\nscratch_url = "$S"\n' + more), "page.md")
