"""Frozen values behave as the standard library's, although their classes are made faster."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from dataclasses import FrozenInstanceError, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Told:
    """With a default, a factory, and fields that are neither shown nor compared."""

    kind: ClassVar[str] = "told"

    text: str
    more: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    seen: dict[str, int] = field(default_factory=dict, init=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Longer(Told):
    """With a field after those of its base."""

    number: int = 0


@dataclass(frozen=True)
class Pair:
    """Made by position, and matched by it."""

    first: int
    second: object = None


@dataclass(frozen=True)
class Nothing:
    """Without a field."""


@dataclass(frozen=True)
class Named:
    """With words of its own."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


def test_two_with_the_same_values_are_equal_and_one_key() -> None:
    one, other = Told(text="a", more=("b",)), Told(text="a", more=("b",))
    assert one == other
    assert {one: 1}[other] == 1
    assert one != Told(text="a")
    assert Pair(1) == Pair(1) != Pair(2)
    other_class: object = Pair(1)
    assert Nothing() == Nothing()
    assert Nothing() != other_class
    assert hash(Nothing()) == hash(Nothing())


def test_what_is_not_compared_makes_no_difference_but_what_is_not_shown_does() -> None:
    one, other = Told(text="a"), Told(text="a")
    one.seen["x"] = 1
    assert one == other
    assert Told(text="a", secret="s") != other


def test_one_of_a_class_derived_from_it_is_another() -> None:
    assert Longer(text="a") != Told(text="a")
    assert Longer(text="a", number=1) != Longer(text="a", number=2)


def test_a_secret_is_not_shown() -> None:
    assert repr(Told(text="a", secret="s")) == "Told(text='a', more=(), seen={})"
    assert repr(Pair(1, Nothing())) == "Pair(first=1, second=Nothing())"
    assert repr(Named("x")) == "<x>"


def test_one_that_holds_itself_can_be_shown() -> None:
    held: list[object] = []
    held.append(Pair(1, held))
    assert repr(held) == "[Pair(first=1, second=[...])]"


@pytest.mark.parametrize("name", ["text", "more", "seen", "unknown", "kind"])
def test_nothing_can_be_changed_afterwards(name: str) -> None:
    told: Any = Told(text="a")
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(told, name, "b")
    with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(told, name)
    assert told == Told(text="a")


def test_it_is_made_by_names_or_by_position_as_its_class_says() -> None:
    made: Any = Told
    with pytest.raises(TypeError):
        made("a")
    with pytest.raises(TypeError, match="text"):
        made()
    match Pair(1, 2):
        case Pair(first, second):
            assert (first, second) == (1, 2)


def test_the_standard_library_knows_it() -> None:
    told = Longer(text="a", number=3)
    assert replace(told, text="b") == Longer(text="b", number=3)
    assert [one.name for one in dataclasses.fields(told)] == ["text", "more", "secret", "seen", "number"]
    assert dataclasses.asdict(Pair(1, Pair(2))) == {"first": 1, "second": {"first": 2, "second": None}}
    assert copy.deepcopy(told) == told == pickle.loads(pickle.dumps(told))  # noqa: S301


def test_what_may_change_is_refused() -> None:
    with pytest.raises(TypeError, match=r"dataclasses\.dataclass"):
        dataclass(frozen=False)


def test_every_frozen_value_of_the_product_is_made_by_it() -> None:
    """But for those with slots, which it does not know."""
    root = Path(__file__).parents[2]
    texts = {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for room in ("bot", "commands", "state")
        for path in (root / room).rglob("*.py")
    }
    slow = [
        name
        for name, text in texts.items()
        for how in re.findall(r"^ *@(\S*dataclass)\(frozen=True(?!.*slots)", text, re.MULTILINE)
        if how != "dataclass" or "from state.frozen import dataclass" not in text
    ]
    assert slow == [], "import `dataclass` from state.frozen there: a bot that starts again makes hundreds of them"
