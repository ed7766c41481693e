"""An address is read once, by libpq; hosts get the fields that it read."""

from __future__ import annotations

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.postgres.address import connection_fields, script_variables
from bot.tools.postgres.connect import connect
from commands.ports.page_text import DatabaseAddress
from state.errors import Unreachable

PLAIN = "postgresql://me:secret@db/shop"


def variables(url: str) -> list[str]:
    """What a script gets for the address."""
    return script_variables({"DATABASE": DatabaseAddress("$DB")}, {"DB": url})["DATABASE"].split("\n")


def test_a_url_is_decoded_and_its_port_is_written_out() -> None:
    assert sorted(variables("postgres://m%40e:p%2Fw%20x@db/sh%C3%B6p?sslmode=verify-full")) == [
        "PGDATABASE=shöp",
        "PGHOST=db",
        "PGPASSWORD=p/w x",
        "PGPORT=5432",
        "PGSSLMODE=verify-full",
        "PGUSER=m@e",
    ]


@pytest.mark.fault("one text, two readers")
def test_a_parameter_wins_over_the_same_part_of_the_url_on_hosts_too() -> None:
    assert {"PGHOST=/run/other", "PGPORT=6401"} <= set(variables(f"{PLAIN}?host=/run/other&port=6401"))


def test_files_of_certificates_go_to_the_host() -> None:
    assert "PGSSLROOTCERT=/etc/ca.pem" in variables(f"{PLAIN}?sslmode=verify-full&sslrootcert=/etc/ca.pem")


def test_prismas_schema_is_where_names_are_found() -> None:
    assert 'PGOPTIONS=-c statement_timeout=9 -c search_path="my\\ shop"' in variables(
        f"{PLAIN}?schema=my%20shop&options=-c%20statement_timeout%3D9"
    )


def test_what_only_concerns_the_applications_client_is_left_out() -> None:
    client = "connection_limit=5&pool_timeout=3&keepalives_idle=3&connect_timeout=9&pgbouncer=false"
    client += "&uselibpqcompat=true&x-migrations-table=versions&x-multi-statement=true&prepare_threshold=0"
    assert connection_fields(f"{PLAIN}?{client}", {}) == connection_fields(PLAIN, {})


@pytest.mark.fault("one text, two readers")
def test_what_another_client_writes_in_its_own_words_means_the_same_here() -> None:
    found = variables(f"{PLAIN}?sslmode=no-verify&search_path=app,%22My%20Shop%22")
    assert {"PGSSLMODE=require", 'PGOPTIONS=-c search_path=app,"My\\ Shop"'} <= set(found)


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"{PLAIN}?supa=base-pooler.x", r"says supa=base-pooler\.x: it leads to a pooler"),
        (f"{PLAIN}?currentSchema=shop", "has the parameter currentSchema, which PostgreSQL does not know"),
        (
            f"{PLAIN}?pgbouncer=true",
            r"\(\$DB\) says pgbouncer=true: it leads to a pooler.*Use the server's own address",
        ),
        (f"{PLAIN}?service=other", r"\(\$DB\) has the parameter service, which cannot be used; remove it"),
        (f"{PLAIN}?require_auth=scram-sha-256", "has the parameter require_auth, which cannot be used"),
        (f"{PLAIN}?sslaccept=strict", "has the parameter sslaccept, which PostgreSQL does not know"),
        ("postgresql://me:x@h%zz/shop", "cannot be read: in a name or password write special"),
        ("postgresql://db/shop", r"is not of the form postgresql://user:password@host:port/name"),
        ("postgresql://me:x@/shop", "is not of the form"),
        ("mysql://me:x@db/shop", r"must be a postgresql:// URL\. Another kind of database is reached by commands only"),
        ("mysql+pymysql://me:x@db/shop", r"Another kind of database is reached by commands only"),
        ("host=db user=me", r"must be a postgresql:// URL\.$"),
    ],
)
def test_what_cannot_be_honoured_at_both_ends_is_refused_by_name(url: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words) as caught:
        variables(url)
    assert "secret" not in str(caught.value)


def test_settings_of_this_machine_do_not_lead_to_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOSTADDR", "10.0.0.9")
    monkeypatch.setenv("PGPORT", "9")
    assert connection_fields(PLAIN, {}) == {
        "host": "db",
        "hostaddr": "",
        "port": "5432",
        "dbname": "shop",
        "user": "me",
        "password": "secret",
    }


def test_no_setting_of_this_machine_changes_a_session(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGOPTIONS": "-c search_path=pg_catalog -c statement_timeout=7",
        "PGTARGETSESSIONATTRS": "standby",
        "PGCLIENTENCODING": "LATIN1",
        "PGTZ": "Asia/Tokyo",
        "PGDATESTYLE": "German",
        "PGHOST": "10.0.0.9",
    }.items():
        monkeypatch.setenv(name, value)
    names = ("search_path", "statement_timeout", "client_encoding", "DateStyle")
    with connect(postgres.url(OWNER), {}, "test", 5) as connection:
        shown = [connection.execute(f"SELECT current_setting('{name}')").fetchone() for name in names]
        assert shown == [('"$user", public',), ("0",), ("UTF8",), ("ISO, MDY",)]
        assert connection.execute("SELECT current_setting('TimeZone') LIKE '%UTC'").fetchone() == (True,)
