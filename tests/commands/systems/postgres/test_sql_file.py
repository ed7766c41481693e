"""SQL files are split into statements; what cannot run in one transaction is named."""

from __future__ import annotations

import pytest

from bot.tools.analysis import CodeAnalysis
from commands.systems.postgres.one_transaction import doubtful_statements, unsafe_statements
from commands.systems.postgres.server_wide import server_wide_statements
from commands.systems.postgres.sql_file import (
    append_to_each,
    changed_relations,
    invalid_character,
    read_sql,
    statements,
)
from commands.systems.postgres.sql_tokens import line_of, without_comments
from tests.growth import assert_linear


def test_statements_have_the_lines_on_which_they_start() -> None:
    text = "-- a; comment\nSELECT 1;\n\n/* x; /* nested; */ */ SELECT ';' AS \"a;b\";\nSELECT $f$ ; $f$;\n"
    assert [(statement.line, statement.text) for statement in statements(text)] == [
        (2, "SELECT 1"),
        (4, "SELECT ';' AS \"a;b\""),
        (5, "SELECT $f$ ; $f$"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("SELECT 1;\nCOMMIT;", 2, "its own transaction command"),
        ("BEGIN;\nSELECT 1;", 1, "its own transaction command"),
        ("SELECT 1;\nPREPARE TRANSACTION 'x';", 2, "its own transaction command"),
        ("CREATE TABLE a$x$b (i int);\nCOMMIT;\nCREATE TABLE c$x$d (i int);", 2, "its own transaction command"),
        ("CREATE TABLE ที่$x$b (i int);\nCOMMIT;\nCREATE TABLE c$x$d (i int);", 2, "its own transaction command"),
        ("SELECT a$e'\\' FROM t;\nCOMMIT; SELECT '';", 2, "its own transaction command"),
        ("SELECT $é$ ; $é$;\nCOMMIT;", 2, "its own transaction command"),
        ("-- one\rCOMMIT;", 1, "its own transaction command"),
        ("SELECT begin atomic FROM t; COMMIT; SELECT 1;", 1, "more than one statement"),
        ("REINDEX (VERBOSE) SCHEMA s;", 1, "cannot run in a transaction"),
        ("DISCARD ALL;", 1, "cannot run in a transaction"),
        ("COMMIT PREPARED 'x';", 1, "cannot run in a transaction"),
        ("CLUSTER;", 1, "cannot run in a transaction"),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY;", 1, "cannot run in a transaction"),
        ("SELECT 1;\n\\i other.sql\n", 2, "psql command"),
        ("SELECT 1; \\connect shop\nSELECT 2;", 1, "psql command"),
        ("SELECT 'DROP TABLE x'\\gexec\n", 1, "psql command"),
        ("CREATE INDEX CONCURRENTLY x ON y (z);", 1, "cannot run in a transaction"),
        ("\n\nVACUUM things;", 3, "cannot run in a transaction"),
        ("INSERT INTO x VALUES ('open);", 1, "a quote that is never closed"),
        ("COPY t FROM STDIN;", 1, "needs psql to send its data"),
        ("SET standard_conforming_strings = off;", 1, "changes how quotes are read"),
        ("SELECT 1;\nset local standard_conforming_strings to 'false';", 2, "changes how quotes are read"),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", 1, "comes after the bot's own first query"),
        ("SET LOCAL transaction_isolation = 'repeatable read';", 1, "comes after the bot's own first query"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p;", 1, "cannot run in a transaction"),
        ("SELECT E'a'\n'b\\'';COMMIT;SELECT '';", 2, "its own transaction command"),
        ("SELECT E'a' 'b\\'; COMMIT; SELECT '';", 1, "its own transaction command"),
        ("COPY (SELECT 1) TO STDOUT;", 1, "sends rows to psql"),
        ("DROP INDEX CONCURRENTLY x;", 1, "cannot run in a transaction"),
        ("SELECT $f$ ;\nSELECT 2;", 1, "a quote that is never closed"),
        ("SELECT 1;\nSELECT\0 2;", 2, "a NUL character"),
        ("SELECT 1;\n/* out /* of */ SELECT 2;", 2, "a comment that is never closed"),
    ],
)
def test_what_cannot_run_in_one_transaction_is_named_with_its_line(text: str, line: int, why: str) -> None:
    findings = unsafe_statements(text, CodeAnalysis())
    assert [finding.line for finding in findings] == [line]
    assert why in findings[0].why


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'COMMIT; BEGIN';",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN COMMIT; END $$ LANGUAGE plpgsql;",
        "-- COMMIT;\n/* \\i x */ CREATE INDEX x ON y (z);",
        "SELECT E'it\\'s; fine';",
        "CREATE TABLE a$b$c (x int); CREATE TABLE d$e$f (y int);",
        "SAVEPOINT a; ROLLBACK TO a; ROLLBACK TRANSACTION TO SAVEPOINT a;",
        "CLUSTER t; DISCARD TEMP; REINDEX TABLE t; ALTER TABLE t DETACH PARTITION p;",
        "BEGIN; INSERT INTO t VALUES (1); END;",
        "\ufeff-- made by an editor\nSTART TRANSACTION;\nSELECT 1; SELECT 2;\nCOMMIT WORK; -- the end",
        "BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT;",
        "SELECT E'a'\n'it\\'s; fine', E'b' -- the rest;\n\n -- follows\n 'it\\'s; fine';",
        "SET standard_conforming_strings = on; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET search_path = a;",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false);",
    ],
)
def test_commands_in_strings_bodies_and_comments_do_not_count(text: str) -> None:
    assert unsafe_statements(text, CodeAnalysis()) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nCOMMIT;", [1, 3, 4, 6]),
        ("BEGIN;\nSELECT 1;\nROLLBACK;", [1, 3]),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT;", [1, 3]),
        ("BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;", [1, 3]),
        ("SELECT 0;\nBEGIN;\nSELECT 1;\nCOMMIT;", [2, 4]),
        ("BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;", [1, 3]),
    ],
)
def test_only_one_plain_transaction_around_everything_is_left_out(text: str, lines: list[int]) -> None:
    assert [finding.line for finding in unsafe_statements(text)] == lines


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    "mark",
    [
        "-- migrate:down",
        "--migrate:down transaction:false",
        "-- +goose Down",
        "-- +migrate Down",
        "-- Down Migration",
        "---- create above / drop below ----",
        "-- +micrate Down",
        "-- ==== DOWN ====",
        "-- [down]",
        "-- @UNDO",
        "--down",
        "-- Rollback",
        "-- ROLLBACK:",
        "-- Rollback script",
        "-- Migration Down",
        "-- === Revert ===",
        "-- back-out",
        "/* DOWN */",
        "/*** Rollback ***/",
    ],
)
def test_a_file_with_its_own_rollback_in_it_is_refused(mark: str) -> None:
    text = f"-- migrate:up\nCREATE TABLE t (a int);\n{mark}\nDROP TABLE t;\n"
    assert [(finding.line, finding.statement) for finding in unsafe_statements(text)] == [(3, mark)]
    assert unsafe_statements(f"-- migrate:up\nSELECT '\n{mark}\n';\n-- roll it down later: migrate:down\n") == []


@pytest.mark.parametrize("mark", ["-- +goose Down", "-- Down", "-- Rollback:", "/* Revert */"])
@pytest.mark.parametrize(
    "file",
    [
        "CREATE TABLE t (a int);\n{}\n-- DROP TABLE t;\n",
        "BEGIN;\nCREATE TABLE t (a int);\nCREATE TABLE u (a int);\n{}\n/* DROP TABLE t; */\nCOMMIT;\n",
        "SELECT 1;\nCREATE TABLE t (\n{}\na int);\nSELECT 2;\n",
    ],
    ids=["comments only", "inside a transaction", "inside a statement"],
)
def test_a_rollback_of_which_nothing_would_run_is_none(mark: str, file: str) -> None:
    assert unsafe_statements(file.format(mark)) == []


def test_a_title_or_a_sentence_about_the_way_down_is_no_rollback_part() -> None:
    assert unsafe_statements("-- DOWN\nDROP TABLE t;\n-- down below the rows go\nSELECT 1; -- shut down") == []


def test_what_is_left_out_moves_no_character() -> None:
    file = read_sql("\ufeffBEGIN; -- all\nSELECT 1;\nEND /* the\nend */;\n")
    assert file.text == " " + " " * 6 + " -- all\nSELECT 1;\n" + " " * 10 + "\n" + " " * 7 + "\n"
    assert [(one.line, one.text) for one in file.statements] == [(2, "SELECT 1")]


def test_semicolons_inside_a_statement_do_not_end_it() -> None:
    text = "CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;\nSELECT 3;"
    assert [statement.line for statement in statements(text)] == [1, 2]
    rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT ')'; SELECT 2);\nSELECT 3;"
    assert [statement.line for statement in statements(rule)] == [1, 2]
    assert unsafe_statements(text) == [], "its END does not end a transaction"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1;\n\nSELECT 2;\n", "SELECT 1; !\n\nSELECT 2; !\n"),
        ("SELECT ';'; SELECT 2 -- done;", "SELECT ';'; ! SELECT 2 -- done;\n; !"),
        ("-- nothing\n", "-- nothing\n"),
    ],
)
def test_an_addition_comes_behind_each_statement_and_no_line_moves(text: str, expected: str) -> None:
    assert append_to_each(text, "!") == expected


def test_a_problem_quotes_its_statement_on_one_line() -> None:
    (finding,) = unsafe_statements("SELECT 1;\n\nVACUUM\n  things;")
    assert (finding.line, finding.statement) == (3, "VACUUM things")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("SELECT 1;\nSELECT 'a\0b';", 2, "a NUL character, which PostgreSQL does not accept; remove it"),
        ("\n\nSELECT '\udcff';", 3, "U+DCFF is not a valid Unicode character; remove it"),
    ],
)
def test_a_character_that_no_sql_may_have_is_named_with_its_line(text: str, line: int, why: str) -> None:
    finding = invalid_character(text)
    assert finding, "the character was not found"
    assert (finding.line, finding.why) == (line, why)
    assert finding.statement.startswith("SELECT '")


def test_letters_of_any_script_are_valid() -> None:
    assert invalid_character("SELECT 'ของ 🚀';\t\r\n") is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE app",
        "ALTER USER app PASSWORD 'x'",
        "DROP DATABASE shop",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "GRANT admin TO app",
        "COMMENT ON ROLE app IS 'x'",
        "DO $$ BEGIN CREATE ROLE app; END $$",
        "CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS 'DROP ROLE app'",
    ],
)
def test_a_statement_that_changes_the_whole_server_is_named(statement: str) -> None:
    findings = server_wide_statements(f"SELECT 1;\n{statement};")
    assert [(finding.line, finding.why) for finding in findings] == [
        (2, "changes what all databases of the server share")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON things TO app",
        "CREATE USER MAPPING FOR app SERVER other",
        "COMMENT ON TABLE things IS 'CREATE ROLE app'",
        "SELECT 'CREATE ROLE app'",
        "CREATE TABLE role (id int)",
    ],
)
def test_a_statement_that_changes_one_database_is_not_named(statement: str) -> None:
    assert server_wide_statements(statement) == []


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("ALTER TABLE a ADD b int; ALTER TABLE IF EXISTS ONLY public.a DROP b;", ["a", "public.a"]),
        ('DROP TABLE IF EXISTS x.y, "Order Items" CASCADE;', ["x.y", '"Order Items"']),
        ("TRUNCATE a, b; TRUNCATE TABLE a;", ["a", "b"]),
        ('DROP TABLE "two\nlines", "a ""b""", ของ$1;', ['"two\nlines"', '"a ""b"""', "ของ$1"]),
        ("DROP INDEX CONCURRENTLY IF EXISTS i; ALTER INDEX x.i RENAME TO j;", ["i", "x.i"]),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY a (b); CREATE INDEX ON x.c USING gin (d)",
            ["a", "x.c"],
        ),
        (
            "DROP MATERIALIZED VIEW v, w; ALTER SEQUENCE s RESTART; COMMENT ON TABLE t IS 'ALTER TABLE u'",
            ["v", "w", "s", "t"],
        ),
        (
            "CREATE TABLE a (id int); CREATE VIEW v AS SELECT 1; DELETE FROM a; GRANT SELECT ON a TO b; DROP TYPE t",
            [],
        ),
    ],
)
def test_what_only_its_owner_may_change_is_listed_once(text: str, tables: list[str]) -> None:
    assert [name for name, _ in changed_relations(text)] == tables


def test_what_others_than_the_owner_may_do_is_told_apart() -> None:
    text = "TRUNCATE a; DROP VIEW b; ALTER TABLE a ADD c int; truncate table a; CREATE INDEX ON d (id);"
    assert changed_relations(text) == [("a", "TRUNCATE"), ("b", "DROP"), ("a", "OWN"), ("d", "OWN")]


def test_the_line_of_an_offset_counts_line_feeds_before_it() -> None:
    text = "a\nb\r\n\x0cc"
    assert [line_of(text, text.index(letter)) for letter in "abc"] == [1, 2, 3]


@pytest.mark.parametrize(
    "wrap", ["{}", "CREATE FUNCTION f() BEGIN ATOMIC {}", "DO $$ {}", "COMMENT {}", "DROP TABLE {}"]
)
@pytest.mark.parametrize(
    "piece",
    [
        ";",
        "(",
        "a;",
        "/*",
        "*/",
        "--\n",
        "'",
        "e'\\",
        "$a",
        "$a$ ",
        '"',
        "BEGIN ATOMIC;",
        "BEGIN  ",
        "END;",
        "GRANT ",
        "COMMENT ",
        "REINDEX ",
        "COPY ",
        "a,",
        '"a".',
        "\\",
        "\n",
    ],
)
def test_the_time_to_read_a_file_grows_with_its_length_and_no_faster(piece: str, wrap: str) -> None:
    for act in (unsafe_statements, doubtful_statements, server_wide_statements, changed_relations, without_comments):
        assert_linear(act, piece, wrap)


def test_a_function_body_goes_on_until_its_own_end_also_across_comments_and_parentheses() -> None:
    body = "CREATE FUNCTION f() BEGIN ATOMIC SELECT (1); SELECT '; END'; SELECT 2 /* ; */; END; SELECT 3;"
    assert [one.text[:15] for one in statements(body)] == ["CREATE FUNCTION", "SELECT 3"]


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("ALTER TYPE e ADD VALUE 'b';\nINSERT INTO t VALUES ('b');", 2, "may use the new value 'b' of e"),
        ("ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'b';\n\nDO $$ BEGIN UPDATE t SET x = 'b'; END $$;", 3, "'b' of s.e"),
        ("ALTER TYPE e ADD VALUE E'b';\nINSERT INTO t VALUES ($x$b$x$);", 2, "may use the new value 'b' of e"),
        ("ALTER TYPE e ADD VALUE 'b' BEFORE 'a';\nDO $$ BEGIN UPDATE t SET x = E'b'; END $$;", 2, "'b' of e"),
        ("DO $$ BEGIN EXECUTE 'VACUUM t'; END $$;", 1, "cannot run in a transaction"),
        ("DO $$ BEGIN EXECUTE format('create database %I', x); END $$;", 1, "cannot run in a transaction"),
        ("SELECT 1;\nDO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$;", 2, "commits in its code"),
        ("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$;\nCALL p();", 2, "commits in its code"),
    ],
)
def test_what_may_fail_in_one_transaction_is_said_with_the_way_out(text: str, line: int, why: str) -> None:
    (finding,) = doubtful_statements(text)
    assert finding.line == line
    assert why in finding.why
    assert "of its own" in finding.why


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES ('b'); ALTER TYPE e ADD VALUE 'b'; INSERT INTO t VALUES ('bb');",
        "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; INSERT INTO t VALUES ('b');",
        "ALTER TYPE e RENAME VALUE 'a' TO 'b'; INSERT INTO t VALUES ('b');",
        "ALTER TYPE e ADD VALUE 'b' BEFORE 'a'; INSERT INTO t VALUES ('a');",
        "DO $$ BEGIN PERFORM 'after the vacuum'; END $$;",
        "DO $$ BEGIN -- COMMIT;\n RAISE 'COMMIT;'; END $$;",
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$; CALL q();",
    ],
)
def test_what_runs_in_one_transaction_is_not_doubted(text: str) -> None:
    assert doubtful_statements(text) == []


@pytest.mark.parametrize("space", ["\u00a0", "\u2028", "\u2029", "\u3000", "\x85", "\x1f"])
def test_what_only_unicode_calls_space_is_a_letter_as_for_postgresql(space: str) -> None:
    assert [one.text for one in statements(f"SELECT 1;\n{space}\n\f\v")] == ["SELECT 1", space]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("GRANT reader TO writer", True),
        ("GRANT SELECT ON t TO reader", False),
        ("GRANT SELECT ON t TO reader; REVOKE reader FROM writer", True),
        ("COMMENT ON TABLE t IS 'x'", False),
        ("COMMENT ON ROLE r IS 'x'", True),
        ("PERFORM 1 FROM t JOIN database ON database.a = t.a", False),
        ("-- later: CREATE ROLE app;\n PERFORM 1", False),
        ("/* GRANT reader TO writer; */ PERFORM 1", False),
        ("PERFORM 1; -- then; CREATE ROLE app;\n PERFORM 2", False),
        ("RAISE EXCEPTION 'create role % first', x", False),
        ("SELECT grant INTO x FROM roles", False),
        ("IF x THEN EXECUTE format('DROP ROLE %I', x); END IF", True),
        ("EXECUTE 'GRANT reader TO ' || x", True),
        ("EXECUTE 'GRANT SELECT ON t TO ' || x", False),
    ],
)
def test_code_that_changes_what_the_server_shares_is_found_anywhere_in_it(code: str, found: bool) -> None:
    assert bool(server_wide_statements(f"DO $$ BEGIN {code}; END $$;")) is found
