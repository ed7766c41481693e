"""The target's PostgreSQL: passwords, lock-out, blocking report, and its end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target import postgres
from bot.rehearsal.target.audit import FORWARD_COUNT, ROLLBACK_COUNT
from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import is_listening
from bot.rehearsal.target.postgres import APP, DATABASE, OWNER, SCRATCH, Postgres
from bot.rehearsal.target.programs import SOURCES
from state.errors import BadSettings
from tests.conftest import make_host

BASELINE = SOURCES / "old/backend/api-server/prisma/migrations/20250101000000_baseline/migration.sql"
MIGRATION = SOURCES / "old/database/migrations/manual/015_index_jobs_by_status.sql"
SQL = SOURCES / "new/database/migrations/manual"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A cluster with the old version's tables and rows."""
    host = make_host(tmp_path_factory.mktemp("seeded"))
    server = Postgres(host)
    server.start()
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute(BASELINE.read_bytes())
    server.seed({"member": "m-token", "approver": "a-token"}, "pass word", MIGRATION)
    yield server
    server.stop()
    host.stop_processes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_root_is_told_which_folder_its_server_cannot_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as private:  # nobody else may enter it
        monkeypatch.setattr(postgres, "postgres_programs", lambda: Path(private) / "bin")
        (Path(private) / "bin").mkdir()
        (Path(private) / "bin" / "initdb").write_text("#!/bin/sh\n")
        (Path(private) / "bin" / "initdb").chmod(0o755)
        server = Postgres(make_host(tmp_path))
        with pytest.raises(BadSettings, match=rf"“nobody” may not enter {private}, where its programs are"):
            server.start()
        server.stop()


def test_a_login_needs_the_roles_password(seeded: Postgres) -> None:
    wrong = seeded.url(OWNER).replace(seeded.passwords[OWNER], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_owner_owns_both_databases_and_the_scratch_database_is_empty(seeded: Postgres) -> None:
    owners = "SELECT datname::text, pg_get_userbyid(datdba)::text FROM pg_database WHERE datname LIKE 'dj_%'"
    assert set(seeded.query(owners)) == {(DATABASE, OWNER), (SCRATCH, OWNER)}
    with psycopg.connect(seeded.url(OWNER, SCRATCH)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_the_seed_gives_the_tokens_to_a_member_and_an_approver(seeded: Postgres) -> None:
    rows = seeded.query("SELECT role, token FROM users WHERE token IN ('m-token', 'a-token')")
    assert set(rows) == {("member", "m-token"), ("approver", "a-token")}
    assert seeded.query("SELECT count(*) FROM users WHERE password_hash LIKE '%pass word%'") == [(0,)]


def test_the_application_may_write_rows_and_not_change_tables(seeded: Postgres) -> None:
    with psycopg.connect(seeded.url(APP)) as connection:
        connection.execute("INSERT INTO projects (name) VALUES ('New')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DROP TABLE approval_flow_templates")


def test_a_locked_out_owner_cannot_log_in_and_the_application_can(seeded: Postgres) -> None:
    seeded.lock_out(locked=True)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(seeded.url(OWNER))
    psycopg.connect(seeded.url(APP)).close()
    seeded.lock_out(locked=False)
    psycopg.connect(seeded.url(OWNER)).close()


def test_an_open_report_blocks_the_migration(seeded: Postgres) -> None:
    seeded.leave_report_open()
    with psycopg.connect(seeded.url(OWNER)) as connection:
        connection.execute("SET lock_timeout = '200 ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("DROP TABLE project_flow_approvers, approval_flow_templates CASCADE")
    assert seeded.open_report
    seeded.open_report.close()


def test_only_committed_migrations_are_counted(seeded: Postgres) -> None:
    forward = (SQL / "016_extend_v1_remove_v2_approval_flow.sql").read_bytes()
    rollback = (SQL / "016_ROLLBACK_extend_v1_remove_v2.sql").read_bytes()
    with psycopg.connect(seeded.url(OWNER)) as connection:
        connection.execute(forward)
        connection.rollback()
    assert (seeded.query(FORWARD_COUNT), seeded.query(ROLLBACK_COUNT)) == ([(0,)], [(0,)])
    for file in (forward, rollback):
        with psycopg.connect(seeded.url(OWNER)) as connection:
            connection.execute(file)
    assert (seeded.query(FORWARD_COUNT), seeded.query(ROLLBACK_COUNT)) == ([(1,)], [(1,)])


def test_stopping_frees_the_port_and_removes_the_folder_and_may_be_done_twice(host: Host) -> None:
    server = Postgres(host)
    server.start()
    folder = Path((host.folder / "postgres.folder").read_text())
    assert folder.is_dir()
    server.stop()
    server.stop()
    assert not folder.exists(), "the cluster's folder was left behind"
    assert not is_listening(server.port)
