"""Each sentence that says that all is well, and the test that holds the look behind it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CLAIM = re.compile(
    r"\bas before\b|no errors? (?!message)|no line with|nothing suspicious|nothing is (known|missing)"
    r"|is healthy|and healthy"
    r"|as right before|as in the backup|\bis as it (was|should)|reaches all it|is intact|no alerts or|^no alert$"
    r"|(?<!cannot be stored )\bunchanged\b|nothing has changed|as it was signed|every row|backup complete"
    r"|\bback in place|commands are there",
    re.IGNORECASE,
)
ROOT = Path(__file__).parent.parent
# a sentence -> the test that fails if it is said without its look; CLAIMS_NOTHING where its words are no claim
CLAIMS_NOTHING = ""
LOOKS = {
    ": the bundle is as it was signed;": (
        "test_a_bundle_of_a_changed_record_says_so_when_it_is_made_and_when_it_is_verified"
    ),
    ": unchanged,": "test_the_first_change_of_each_run_is_named",
    "the environment leads to the same places as before": "test_the_old_environment_lets_the_run_continue",
    "the environment is as before again": "test_the_old_environment_lets_the_run_continue",
    "Everything is as it was signed.": (
        "test_a_backup_that_was_damaged_before_the_last_signature_is_made_and_signed_again"
    ),
    "unchanged": "test_a_commit_that_was_withdrawn_is_pinned_reviewed_and_signed_again",
    "Backup complete in": "test_an_incomplete_dump_fails_and_is_removed",
    "no request answered with 400 or more, no error in the console": CLAIMS_NOTHING,
    "; no errors in the console.": "test_an_error_in_the_console_fails_the_step",
    "Nothing has changed since the backup:": (
        "test_rows_written_and_changed_since_the_backup_come_back_after_a_rollback"
    ),
    "as before (": "test_one_that_is_away_hides_neither_a_wrong_answer_of_another_nor_a_right_one",
    "No line with": "test_error_lines_count_in_any_case_and_inside_names",
    "every row as it was dumped": "test_a_dump_with_changed_content_fails_the_proof",
    "; the schema, every row and every sequence are as before": (
        "test_changed_content_with_the_same_number_of_rows_fails_the_step"
    ),
    "schema, rows and sequences as before": "test_a_sequence_behind_a_text_default_must_not_go_back",
    "keeps no lines, so no error is seen there": CLAIMS_NOTHING,
    ", as before the deploy": "test_a_way_back_that_does_not_arrive_has_failed",
    "as before.": CLAIMS_NOTHING,
    "❗ not as before": CLAIMS_NOTHING,
    "; NOT as before:": CLAIMS_NOTHING,
    "Not as before:": CLAIMS_NOTHING,
    "schema, sequences, rights, settings and comments are as right before the first change": (
        "test_every_part_of_the_schema_is_compared_and_the_layout_of_a_function_is_none"
    ),
    "every row from right before the first change": (
        "test_a_row_written_after_the_backup_that_a_rollback_loses_is_missing_though_the_table_is_as_in_the_backup"
    ),
    "as in the backup": "test_what_a_rollback_did_not_bring_back_is_named",
    ", not all as in the backup": CLAIMS_NOTHING,
    "compares the database with what it was right before the first change, and its tables with the backup": (
        CLAIMS_NOTHING
    ),
    "the database is as it was, and nothing was replaced": "test_a_restore_that_fails_leaves_production_as_it_is",
    "What was not rolled back is as it should be now, by the queries of its own steps.": (
        "test_requests_stay_stopped_on_parts_that_do_not_fit_until_two_people_say_so"
    ),
    "The rollback reaches all it needs:": (
        "test_nothing_goes_back_while_the_host_refuses_connections_and_people_are_asked"
    ),
    "is intact and writable": "test_a_damaged_state_file_is_a_failure_with_what_to_do",
    "is back in place": "test_a_copy_that_is_no_longer_whole_is_not_put_back",
    "the scripts of its commands are there": "test_a_script_that_is_not_there_or_may_not_be_run_is_named",
    "no alert": "test_the_alerts_of_the_soak_are_counted",
    "No alerts or warnings in": "test_that_there_was_no_alert_is_said_of_the_samples_that_were_taken",
}


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of the product's code that claims something, with its file; no docstrings."""
    for file in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("commands/**/*.py")]):
        if "rehearsal" in file.parts:
            continue
        tree = ast.parse(file.read_text())
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                for line in node.value.splitlines():
                    if CLAIM.search(line) and not line.lstrip().startswith(("--", "#")):
                        yield str(file.relative_to(ROOT)), line.strip()


def test_every_sentence_that_says_all_is_well_has_its_look() -> None:
    claimed = {sentence for _, sentence in sentences()}
    assert claimed - set(LOOKS) == set(), "name the test that fails if this is said by code that has not looked"
    assert set(LOOKS) - claimed == set(), "the product no longer says this; remove the line"


def test_every_look_has_its_test() -> None:
    tests = "".join(file.read_text() for file in ROOT.glob("tests/**/test_*.py") if file != Path(__file__))
    assert [name for name in LOOKS.values() if name and f"def {name}(" not in tests] == []
