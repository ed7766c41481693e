"""A PostgreSQL that cannot hold a record, or not now: one sentence, no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.target.postgres import APP, OWNER, SUPERUSER
from state.errors import BadRecord, BadSettings
from state.place import open_record, place_of
from state.postgres.address import PostgresAddress
from state.postgres.looks import has_record, look
from state.postgres.migrations import MIGRATIONS
from state.postgres.sentences import not_connected
from tests.pages import NOON
from tests.pooler import pooled
from tests.state.kept import DATABASE, KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run

PASSWORD = "s3cret-w0rd"


def refusal(address: PostgresAddress) -> str:
    """What opening the record is refused with; the password stands nowhere in it."""
    with pytest.raises(BadRecord) as refused:
        open_record(address)
    assert PASSWORD not in repr(refused.value)
    assert refused.value.__cause__ is None, "the driver's own error may hold more than its message"
    return str(refused.value)


@contextmanager
def without(kept: KeptInPostgres, take: str, give: str) -> Iterator[None]:
    """Inside the block something is taken from the database or its user."""
    kept.admin(take)
    try:
        yield
    finally:
        kept.admin(give)


def test_a_wrong_password_is_named_and_not_shown(kept: KeptInPostgres) -> None:
    address = PostgresAddress(kept.address.url.replace(kept.server.passwords[OWNER], PASSWORD))
    assert refusal(address) == (
        f"The record at {address} cannot be opened: it refuses the user or the password. Check both in GONOGO_STATE "
        "(write @ as %40, / as %2F), or in ~/.pgpass."
    )
    assert PASSWORD not in f"{address} {address!r}"


def test_a_server_that_is_away_is_named(kept: KeptInPostgres) -> None:
    address = PostgresAddress(f"postgresql://ana:{PASSWORD}@127.0.0.1:{free_port()}/shop")
    assert "cannot be reached (" in (said := refusal(address))
    assert "refused" in said
    assert said.endswith("Check that PostgreSQL runs and can be reached from here, and GONOGO_STATE.")


def test_of_several_hosts_the_one_that_takes_writes_is_used(kept: KeptInPostgres) -> None:
    away = kept.address.url.replace("@127.0.0.1:", f"@127.0.0.1:{free_port()},127.0.0.1:")
    address = PostgresAddress(f"{away}?target_session_attrs=read-write")
    open_record(address).close()
    assert str(address).count("127.0.0.1") == 2


def test_a_database_that_is_not_there_is_named(kept: KeptInPostgres) -> None:
    assert "it has no such database. Create it" in refusal(PostgresAddress(kept.server.url(OWNER, "nowhere")))


def test_tls_that_the_address_requires_and_the_server_has_not_is_named(kept: KeptInPostgres) -> None:
    said = refusal(PostgresAddress(kept.address.url + "?sslmode=require"))
    assert "the address requires TLS (sslmode), and the server offers none" in said


@pytest.mark.parametrize(
    ("servers", "ours"),
    [
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ana", database "x", no encryption', "without TLS"),
        ("SSL error: certificate verify failed", "sslrootcert=FILE"),
        ("FATAL:  the database system is starting up", "Try again in a moment"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "max_connections"),
    ],
)
def test_what_a_server_says_at_the_connection_is_one_sentence_with_what_to_do(servers: str, ours: str) -> None:
    said = str(not_connected("postgresql://ana@db/x", psycopg.OperationalError(f"connection failed: {servers}")))
    assert ours in said
    assert "\n" not in said


def test_no_more_connections_is_named(kept: KeptInPostgres) -> None:
    with without(
        kept, f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0", f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1"
    ):
        assert "it takes no more connections (max_connections, or the limit" in refusal(kept.address)


def test_a_user_that_may_not_make_the_tables_is_told_what_to_grant(kept: KeptInPostgres) -> None:
    address = PostgresAddress(kept.server.url(APP, DATABASE))
    said = refusal(address)
    assert f"user {APP} may not create a schema there" in said
    assert f"GRANT CREATE ON DATABASE {DATABASE} TO {APP};" in said
    with pytest.raises(BadRecord, match="GRANT CREATE ON DATABASE"):
        look(address)


def test_a_user_that_may_not_take_advisory_locks_is_named(kept: KeptInPostgres) -> None:
    lock = "ON FUNCTION pg_catalog.pg_try_advisory_lock(int, int)"
    with without(kept, f"REVOKE EXECUTE {lock} FROM PUBLIC", f"GRANT EXECUTE {lock} TO PUBLIC"):
        assert f"User {OWNER} may not take advisory locks" in refusal(kept.address)


@pytest.mark.parametrize("size", [1, 5])
def test_a_pooler_in_transaction_mode_is_refused_with_the_reason(kept: KeptInPostgres, size: int) -> None:
    with pooled(kept.address.url, size=size) as url:
        said = refusal(PostgresAddress(url))
        assert "is behind a pooler that shares sessions" in said
        assert "where no bot can own a run" in said
    assert not has_record(kept.address), "nothing was made through it"


def test_a_database_with_other_letters_is_refused(kept: KeptInPostgres) -> None:
    with psycopg.connect(kept.server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(b"DROP DATABASE IF EXISTS latin")
        connection.execute(f"CREATE DATABASE latin OWNER {OWNER} ENCODING 'LATIN1' TEMPLATE template0".encode())
    assert "has the encoding LATIN1" in refusal(PostgresAddress(kept.server.url(OWNER, "latin")))


def test_a_record_of_a_newer_shape_is_refused_and_left_as_it_is(kept: KeptInPostgres) -> None:
    kept.open().close()
    newer = len(MIGRATIONS) + 1
    kept.admin(f"UPDATE gonogo_record.shape SET version = {newer}, oldest = {newer}")
    assert f"was written by a newer gonogo (schema version {newer}, this one knows" in refusal(kept.address)
    assert kept.admin("SELECT version FROM gonogo_record.shape") == [(newer,)]


def test_a_newer_shape_that_this_version_can_use_is_used(kept: KeptInPostgres) -> None:
    """The neighbouring version has added a column and a table: both serve at once, and a foreign trigger is found."""
    kept.open().close()
    kept.admin(
        f"UPDATE gonogo_record.shape SET version = {len(MIGRATIONS) + 1}; "
        "ALTER TABLE gonogo_record.runs ADD COLUMN later TEXT NOT NULL DEFAULT ''; "
        "CREATE TABLE gonogo_record.later (run BIGINT PRIMARY KEY)"
    )
    store = kept.open()
    run = store.start_run(new_run(), NOON, STARTED)
    assert store.record(run.id).run == run
    assert not [change for change in store.changes(run.id) if not change.number], "of the tables"
    kept.admin(
        "CREATE TRIGGER foreign_one BEFORE INSERT ON gonogo_record.runs FOR EACH ROW "
        "EXECUTE FUNCTION gonogo_record.only_added('no')"
    )
    assert [change.summary for change in store.changes(run.id) if not change.number] == [
        "the trigger foreign_one was added to the record"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://ana:s3cret-w0rd@db/x", "a mysql:// address; the record is in a file or in PostgreSQL"),
        ("postgresql://ana:s3cret-w0rd@db:x y/z", "no postgresql:// address that can be read"),
        ("postgresql://ana:s3cret-w0rd@db/x?sslmod=require", "does not know the parameter sslmod"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(text: str, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        place_of(text)
    assert said in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_server_that_refuses_during_the_work_says_so_and_what_was_not_saved(kept: KeptInPostgres) -> None:
    store = kept.open()
    kept.admin("ALTER TABLE gonogo_record.in_force RENAME TO moved")
    words = r"cannot be written now \(relation .* does not exist\)\. .* Nothing was saved\."
    with pytest.raises(BadRecord, match=words), store._db.write():
        store._db.insert("in_force", {"name": "a", "value": "b"})
