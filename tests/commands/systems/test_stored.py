"""What a checkout tells of files that are not as the commit has them."""

from __future__ import annotations

import pytest

from commands.systems.git.stored import stored_note


def test_the_first_files_have_names_and_the_others_are_counted() -> None:
    said = "pointer: a\nabsent: b\nabsent: c\nabsent: d\nabsent+: 1297\n"
    assert stored_note(said) == (
        " 1 file of Git LFS not fetched, so only pointers are there: a; git lfs pull fetches them. 1,300 files of the "
        "commit are not there: git is told to leave them out (sparse checkout): b, c, d and 1,297 others."
    )


@pytest.mark.parametrize("number", ["9" * 12, "many", "-1", ""])
def test_a_name_that_looks_like_a_count_is_none(number: str) -> None:
    said = f"pointer: a\npointer+: {number}\n"  # a file may be called so, with the line's end in its name
    assert stored_note(said) == (
        " 1 file of Git LFS not fetched, so only pointers are there: a; git lfs pull fetches them."
    )
