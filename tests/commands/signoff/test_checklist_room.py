"""What one message shows of a long checklist: no role is left out."""

from __future__ import annotations

import pytest

from commands.signoff.checklist_room import LONGEST, ROOM, cut_items, shown_items, written_length

LONG = "x" * 200


def of(role: str, number: int, text: str = LONG) -> list[tuple[str, str]]:
    """So many items of a role."""
    return [(role, text)] * number


def test_thirty_items_of_two_hundred_characters_are_all_shown() -> None:
    shown = shown_items([*of("dba", 30), *of("lead", 1)])
    assert [(one.role, one.count, one.of) for one in shown.values()] == [("dba", 30, 30), ("lead", 1, 1)]


@pytest.mark.fault("the first of several for all")
def test_a_role_with_many_items_takes_no_room_from_the_next_one() -> None:
    shown = shown_items([*of("dba", 90), *of("lead", 9)])
    assert (shown["lead"].count, shown["lead"].of) == (9, 9)
    assert 0 < shown["dba"].count < shown["dba"].of == 90


def test_roles_that_need_the_same_get_the_same() -> None:
    shown = shown_items([*of("dba", 90), *of("lead", 90)])
    assert shown["dba"].count == shown["lead"].count > 10


def test_a_long_item_is_shown_as_far_as_a_section_holds_it() -> None:
    assert list(cut_items(of("dba", 1, "x" * 900))) == []
    assert list(cut_items([*of("lead", 1), *of("dba", 1, "x" * 3000)])) == [(2, LONGEST)]


def test_where_the_first_items_of_all_roles_are_too_long_each_shows_its_beginning() -> None:
    many = [item for number in range(10) for item in of(f"role{number}", 1, "x" * 900)]
    limits = {limit for _, limit in cut_items(many)}
    assert len(list(cut_items(many))) == 10
    assert min(limits) > 300


@pytest.mark.parametrize("letter", ["x", "&", "🚀", "ก"])
@pytest.mark.parametrize("roles", [1, 2, 7, 40, 60])
def test_the_items_shown_are_never_longer_than_the_room(roles: int, letter: str) -> None:
    items = [item for number in range(roles) for item in of(f"role{number}", 40, letter * 150)]
    shown = shown_items(items)
    assert list(shown) == [f"role{number}" for number in range(roles)]
    length = {role: min(written_length(letter * 150), one.limit) for role, one in shown.items()}
    assert sum(one.count * length[role] for role, one in shown.items()) <= ROOM


def test_a_checklist_without_items_shows_none() -> None:
    assert shown_items([]) == {}


@pytest.mark.parametrize(("text", "length"), [("a  b\n", 3), ("a & b", 9), ("<", 4), ("🚀", 2), ("'\"", 2)])
def test_a_text_is_as_long_as_slack_counts_it(text: str, length: int) -> None:
    assert written_length(text) == length
