"""There are words for each kind of fact that an entry may be about."""

from __future__ import annotations

import pytest

from state.facts import FactKind
from state.journal.chain import EntryKind
from state.journal.words import what_of


@pytest.mark.parametrize("kind", FactKind)
def test_each_kind_of_fact_has_words_of_its_own(kind: FactKind) -> None:
    said = what_of(EntryKind.FACT, f"{kind}:7")
    assert said.endswith(" 7")
    assert not said.startswith("fact "), f"state/journal/words.py has no words for {kind!r}"


def test_a_fact_that_this_version_does_not_know_is_told_by_its_own_name() -> None:
    assert what_of(EntryKind.FACT, "of tomorrow:1") == "fact of tomorrow 1"
