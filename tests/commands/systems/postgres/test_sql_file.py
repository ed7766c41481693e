"""SQL files as statements with lines, and what cannot run in one transaction."""

from __future__ import annotations

import pytest

from commands.systems.postgres.sql_file import append_to_each, statements, unsafe_statements


def test_statements_have_the_lines_on_which_they_begin() -> None:
    text = "-- a; comment\nSELECT 1;\n\n/* x; /* nested; */ */ SELECT ';' AS \"a;b\";\nSELECT $f$ ; $f$;\n"
    assert [(one.line, one.text) for one in statements(text)] == [
        (2, "SELECT 1"),
        (4, "SELECT ';' AS \"a;b\""),
        (5, "SELECT $f$ ; $f$"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("SELECT 1;\nCOMMIT;", 2, "its own transaction command"),
        ("BEGIN;\nSELECT 1;", 1, "its own transaction command"),
        ("SELECT 1;\n\\i other.sql\n", 2, "psql command"),
        ("SELECT 1; \\connect shop\nSELECT 2;", 1, "psql command"),
        ("SELECT 'DROP TABLE x'\\gexec\n", 1, "psql command"),
        ("CREATE INDEX CONCURRENTLY x ON y (z);", 1, "cannot run in a transaction"),
        ("\n\nVACUUM things;", 3, "cannot run in a transaction"),
        ("INSERT INTO x VALUES ('open);", 1, "a quote that is never closed"),
        ("SELECT 1;\n/* out /* of */ SELECT 2;", 2, "a comment that is never closed"),
    ],
)
def test_what_cannot_run_in_one_transaction_is_named_with_its_line(text: str, line: int, why: str) -> None:
    findings = unsafe_statements(text)
    assert [finding.line for finding in findings] == [line]
    assert why in findings[0].why


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'COMMIT; BEGIN';",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN COMMIT; END $$ LANGUAGE plpgsql;",
        "-- COMMIT;\n/* \\i x */ CREATE INDEX x ON y (z);",
        "SELECT E'it\\'s; fine';",
    ],
)
def test_words_in_strings_bodies_and_comments_are_left_alone(text: str) -> None:
    assert unsafe_statements(text) == []


def test_semicolons_inside_a_statement_do_not_end_it() -> None:
    text = "CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;\nSELECT 3;"
    assert [one.line for one in statements(text)] == [1, 2]
    rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT ')'; SELECT 2);\nSELECT 3;"
    assert [one.line for one in statements(rule)] == [1, 2]
    assert unsafe_statements(text) == [], "its END is none of a transaction"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1;\n\nSELECT 2;\n", "SELECT 1; !\n\nSELECT 2; !\n"),
        ("SELECT ';'; SELECT 2 -- done;", "SELECT ';'; ! SELECT 2 -- done;\n; !"),
        ("-- nothing\n", "-- nothing\n"),
    ],
)
def test_words_come_behind_each_statement_and_no_line_moves(text: str, expected: str) -> None:
    assert append_to_each(text, "!") == expected
