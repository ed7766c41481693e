"""Words put together for a sentence."""

from __future__ import annotations

import pytest

from commands.text.phrases import capitalized, joined


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_a_list_is_written_as_people_write_it(words: list[str], text: str) -> None:
    assert joined(words, "or") == text


def test_a_clause_begins_a_sentence_and_keeps_its_other_capitals() -> None:
    assert [capitalized(text) for text in ("", "the API", "Already")] == ["", "The API", "Already"]
