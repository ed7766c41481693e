"""A value in a query for psql is a literal, and only a plain word."""

from __future__ import annotations

import pytest

from commands.steps.shared.sql_literals import with_literals
from state.errors import BadValue


def test_a_plain_word_becomes_a_literal_quoted_once() -> None:
    assert with_literals("SELECT <a>, '<a>'", {"a": "v2"}) == "SELECT 'v2', 'v2'"


@pytest.mark.parametrize("value", ["x'; DROP TABLE jobs; --", "a\\", "<b>", "", "$A"])
def test_anything_else_is_not_asked(value: str) -> None:
    with pytest.raises(BadValue, match="<a> in a verify query is not a plain word"):
        with_literals("SELECT <a>", {"a": value, "b": "x"})
