"""The output of a rehearsal's script as lines for the thread."""

from __future__ import annotations

from commands.systems.postgres.rehearsal_output import column_lines, lock_lines, parse_tables, row_lines

OUTPUT = """some output
table: public.kept|7|7|7|7|same
table: public.a|b|5||5|5|same
table: archive.old|7||0|7|returned
table: public.lost|3||0|0|other
table: public.new||2|||same
column: adds\x1fpublic.kept\x1fprice\x1fnumeric(4,2)
column: adds\x1fpublic.kept\x1fword\x1fvarchar(9)
column: drops\x1fpublic.kept\x1fword\x1ftext
column: drops\x1farchive.old\x1fnote\x1ftext
lock: forward|40|ShareLock|public.kept
lock: forward|1500|AccessExclusiveLock|public.kept
lock: forward|20|AccessExclusiveLock|public.lost
lock: forward|300|ShareRowExclusiveLock|archive.old
lock: rollback|5|ShareLock|public.kept
"""


def test_a_table_keeps_its_name_even_if_it_holds_a_bar() -> None:
    tables = parse_tables(OUTPUT)
    assert [name for name, *_ in tables] == ["public.kept", "public.a|b", "archive.old", "public.lost", "public.new"]
    assert tables[2] == ("archive.old", "7", "", "0", "7", "returned")


def test_rows_are_shown_before_and_after_each_file_and_what_is_lost_is_last() -> None:
    assert row_lines(parse_tables(OUTPUT)) == [
        "rows: before → after forward → after rollback → after data-return",
        "kept: 7 → 7 → 7 ✓",
        "a|b: 5 → gone → 5 ✓",
        "archive.old: 7 → gone → 0 → 7 ✓",
        "new: no table → 2 → gone ✓",
        "lost: 3 → gone → 0 ❗ not as before",
    ]


def test_the_heading_names_the_data_return_only_if_it_returned_rows() -> None:
    assert row_lines([("public.x", "1", "", "1", "1", "same")])[0] == "rows: before → after forward → after rollback"
    assert row_lines([]) == []


def test_columns_that_are_added_dropped_or_changed_are_one_line_for_each_table() -> None:
    assert column_lines(OUTPUT) == [
        "forward changes kept: + price numeric(4,2), word text → varchar(9)",
        "forward changes archive.old: - note text",
    ]


def test_locks_are_shown_for_each_file_the_longest_first_and_once_for_each_table() -> None:
    assert lock_lines(OUTPUT) == [
        "forward blocks readers and writers: kept 1.5 s, lost 20 ms",
        "forward blocks writers: archive.old 300 ms",
        "rollback blocks writers: kept 5 ms",
    ]


def test_output_without_results_gives_no_lines() -> None:
    assert (parse_tables("x"), column_lines("x"), lock_lines("x")) == ([], [], [])
