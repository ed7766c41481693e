"""A list in an answer is found where it is, and whether it is all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.systems.json_lists import ROOT, Listed, has_more, listed
from tests.production import answer

ONE = [{"id": 1, "total": 99, "next": "a list's own entries say nothing about it"}]


@pytest.mark.parametrize(
    "data",
    [
        {"jobs": ONE, "total": 3002},
        {"jobs": ONE, "meta": {"total_count": 2}},
        {"data": {"jobs": ONE, "totalElements": 2}},
        {"jobs": ONE, "next": "/jobs?page=2"},
        {"jobs": ONE, "links": {"next": {"href": "/jobs?page=2"}}},
        {"jobs": ONE, "nextPageToken": "x"},
        {"jobs": ONE, "has_more": True},
    ],
)
def test_an_answer_that_names_more_entries_is_not_all(data: dict[str, Any]) -> None:
    assert has_more(answer(data=data), data, 1)


@pytest.mark.parametrize(
    "data",
    [
        ONE,
        {"jobs": ONE, "total": 1},
        {"jobs": ONE, "count": 1, "next": None, "previous": "/jobs?page=0"},
        {"jobs": ONE, "hasMore": False, "nextCursor": ""},
        {"jobs": ONE, "total": True},
        {"jobs": ONE, "subtotal": 500, "context": "next"},
    ],
)
def test_an_answer_that_names_no_more_is_all(data: Any) -> None:
    assert not has_more(answer(data=data), data, 1)


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"Link": '</jobs?page=2>; rel="next"'}, True),
        ({"link": '</jobs?page=1>; rel="prev"'}, False),
        ({"X-Total-Count": "2"}, True),
        ({"X-Total-Count": "1"}, False),
        ({"X-Next-Page": "2"}, True),
        ({"X-Next-Page": ""}, False),
        ({"Content-Range": "items 0-0/3002"}, True),
        ({"Content-Range": "items 0-0/*"}, False),
    ],
)
def test_the_headers_of_an_answer_say_it_too(headers: dict[str, str], more: bool) -> None:
    assert has_more(replace(answer(data=ONE), headers=headers), ONE, 1) is more


def test_the_beginning_of_a_list_and_one_from_a_cache_may_lack_entries() -> None:
    assert listed(replace(answer(data=ONE), cut=True), ROOT) == Listed(
        entries=[], doubt="is longer than 8.0 MB, and only its beginning was read"
    )
    assert listed(replace(answer(data=ONE), headers={"age": "9"}), ROOT) == Listed(
        entries=ONE, doubt="is answered by a cache (age: 9)"
    )
    assert listed(answer(data=ONE), ROOT) == Listed(entries=ONE)
