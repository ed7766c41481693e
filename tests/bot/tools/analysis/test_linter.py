"""The real squawk names dangerous statements, and nothing that the bot takes care of."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.tools.analysis.linter import ELSEWHERE, lint
from state.errors import Failed

SHIPPED = """-- up
ALTER TABLE flows ADD COLUMN kind integer REFERENCES kinds;
DROP TABLE templates;
"""


def remarks(sql: str) -> list[str]:
    """Each remark as "line: why"."""
    return [f"{finding.line}: {finding.why}" for finding in lint(sql)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1;\nALTER TABLE t ALTER COLUMN c TYPE bigint;", "2: Changing a column type requires"),
        ("CREATE INDEX i ON t (c);", "1: During normal index creation, table updates are blocked"),
        ("\ufeffDROP TABLE t;", "1: Dropping a table may break existing clients."),
        (SHIPPED, "2: Adding a foreign key constraint requires a table scan"),
        (SHIPPED, "3: Dropping a table may break existing clients."),
    ],
)
def test_a_dangerous_statement_is_named_with_its_line(text: str, expected: str) -> None:
    assert any(remark.startswith(expected) for remark in remarks(text)), remarks(text)


def test_there_is_no_remark_on_what_the_bot_takes_care_of() -> None:
    text = " ".join(remarks("ALTER TABLE t ADD COLUMN c integer;\nALTER TABLE t RENAME TO u;"))
    assert "timeout" not in text
    assert "transaction" not in text
    assert "32-bit" not in text
    assert remarks("SELECT 1;\nCOMMIT;\nSELECT 2;") == []
    assert remarks("ALTER TABLE t ADD COLUMN c text;\nCREATE TABLE x (a int);") == [], "it can be run again"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("CREATE INDEX i ON t (c);", ELSEWHERE["concurrently"]),
        ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);", ELSEWHERE["concurrently"]),
        ("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0);", ELSEWHERE["validate"]),
    ],
)
def test_advice_that_this_file_cannot_follow_says_where_it_can_be_followed(text: str, where: str) -> None:
    assert any(remark.endswith(where) for remark in remarks(text)), remarks(text)


def test_a_syntax_error_is_left_to_the_parser() -> None:
    assert remarks("this is not sql") == []


def test_an_empty_file_has_no_remark() -> None:
    assert remarks("") == []


def test_a_missing_squawk_is_an_error_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failed, match="The program squawk is missing from the bot's environment; install"):
        lint("SELECT 1;")


def test_a_squawk_that_prints_no_json_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "squawk").write_text("#!/bin/sh\necho broken\n")
    (tmp_path / "squawk").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(Failed, match=r"squawk could not read the file\."):
        lint("SELECT 1;")


@pytest.mark.fault("a library reads the environment again")
@pytest.mark.parametrize("config", ["broken = [", "upload_to_github = 7", "pg_version = 'x'"])
def test_what_the_folder_of_the_bot_says_to_squawk_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    (tmp_path / ".squawk.toml").write_text(config)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert remarks("DROP TABLE t;") == ["1: Dropping a table may break existing clients."]
