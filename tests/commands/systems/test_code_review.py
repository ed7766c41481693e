"""Debug code, secrets and unsafe SQL in a change are named with their file and line."""

from __future__ import annotations

import pytest

from commands.ports.analysis import MASKED, NOT_SEARCHED, Finding
from commands.systems.code_review import added_lines, review_added_lines, review_sql
from tests.world import World


def review(text: str, *remarks: Finding) -> list[str]:
    """The findings in a file, on which the linter has these remarks."""
    world = World()
    world.remarks = list(remarks)
    return review_sql("up.sql", text, world.tools().analysis)


DIFF = """diff --git a/app.js b/app.js
index 1..2 100644
--- a/app.js
+++ b/app.js
@@ -3,2 +3 @@ function old()
-console.log(1)
-debugger
+const fine = 1
@@ -9,0 +8,2 @@
+first\x0c\u2028still the first
+second
 kept
+third
\\ No newline at end of file
"""


def test_added_lines_have_their_numbers_in_the_new_file() -> None:
    assert list(added_lines(DIFF)) == [
        (3, "const fine = 1"),
        (8, "first\x0c\u2028still the first"),
        (9, "second"),
        (11, "third"),
    ]


@pytest.mark.parametrize(
    ("file", "line", "finding"),
    [
        ("src/a.ts", "console.log(a)", "src/a.ts:1 debug code: console.log"),
        ("a.vue", "  debugger;", "a.vue:1 debug code: debugger"),
        ("a.py", "import ipdb", "a.py:1 debug code: ipdb"),
        ("a.py", "breakpoint()", "a.py:1 debug code: breakpoint("),
        ("README.md", "DO NOT COMMIT", "README.md:1 debug code: DO NOT COMMIT"),
    ],
)
def test_debug_code_is_found_in_the_languages_that_have_it(file: str, line: str, finding: str) -> None:
    assert review_added_lines(file, [(1, line)], []) == [finding]


@pytest.mark.parametrize(("file", "line"), [("a.py", "console.log(a)"), ("a.js", "print(1)"), ("a.js", "my_console.x")])
def test_other_lines_have_no_finding(file: str, line: str) -> None:
    assert review_added_lines(file, [(1, line)], []) == []


def test_findings_are_in_the_order_of_the_lines_and_a_secret_is_named_by_its_kind() -> None:
    lines = [(2, "debugger"), (9, "debugger")]
    secrets = [Finding(line=5, why="Secret Keyword")]
    assert review_added_lines("a.js", lines, secrets) == [
        "a.js:2 debug code: debugger",
        "a.js:5 looks like a secret: Secret Keyword",
        "a.js:9 debug code: debugger",
    ]


def test_statements_that_cannot_run_in_one_transaction_are_named() -> None:
    findings = review("SELECT 1;\nCREATE INDEX CONCURRENTLY i ON t (c);\nCOMMIT;\n")
    assert [finding.split(" ")[0] for finding in findings] == ["up.sql:2", "up.sql:3"]


def test_the_parsers_error_and_equal_remarks_follow() -> None:
    remarks = [
        Finding(line=3, why="Dropping a table."),
        Finding(line=5, why="Long lock."),
        Finding(line=7, why="Dropping a table."),
    ]
    assert review("SELECT 1;\nSELCT 2;", *remarks) == [
        'up.sql:2 syntax error at or near "SELCT"',
        "up.sql:3,7 Dropping a table.",
        "up.sql:5 Long lock.",
    ]


def test_a_character_that_both_checks_find_is_named_once() -> None:
    why = "a NUL character, which PostgreSQL does not accept; remove it"
    assert review("SELECT 1;\nSELECT\0 2;") == [f"up.sql:2 {why}: SELECT"]


def test_lines_with_masked_values_are_named_together_and_called_no_secret() -> None:
    secrets = [Finding(line=line, why=MASKED) for line in (3, 7)]
    assert review_added_lines("a.js", [], secrets) == [f"a.js:3,7 {MASKED}"]


def test_a_line_that_was_not_searched_is_not_called_a_secret() -> None:
    secrets = [Finding(line=1, why=f"{NOT_SEARCHED} beyond x"), Finding(line=2, why="Private Key")]
    assert review_added_lines("a.js", [], secrets) == [
        "a.js:1 not searched for secrets beyond x",
        "a.js:2 looks like a secret: Private Key",
    ]
