"""The linter on the real squawk: what is dangerous is named with its line, what the bot takes care of is not."""

from __future__ import annotations

import pytest

from bot.tools.analysis.linter import lint

SHIPPED = """-- up
ALTER TABLE flows ADD COLUMN kind integer REFERENCES kinds;
DROP TABLE templates;
"""


def said(text: str) -> list[str]:
    """Each finding as "line: why"."""
    return [f"{one.line}: {one.why}" for one in lint(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1;\nALTER TABLE t ALTER COLUMN c TYPE bigint;", "2: Changing a column type requires"),
        ("CREATE INDEX i ON t (c);", "1: During normal index creation, table updates are blocked"),
        ("DROP TABLE t;", "1: Missing `IF EXISTS`"),
        (SHIPPED, "2: Adding a foreign key constraint requires a table scan"),
        (SHIPPED, "3: Dropping a table may break existing clients."),
    ],
)
def test_a_dangerous_statement_is_named_with_its_line(text: str, expected: str) -> None:
    assert any(one.startswith(expected) for one in said(text)), said(text)


def test_what_the_bot_takes_care_of_is_not_said() -> None:
    text = " ".join(said("ALTER TABLE t ADD COLUMN c integer;\nALTER TABLE t RENAME TO u;"))
    assert "timeout" not in text
    assert "transaction" not in text
    assert "32-bit" not in text


def test_what_is_no_sql_is_left_to_the_parser() -> None:
    assert said("this is not sql") == []


def test_an_empty_file_has_nothing() -> None:
    assert said("") == []
