"""The value of a button: what is written comes back, and anything else is refused."""

from __future__ import annotations

import pytest

from bot.doors.button import ButtonValue, read_button
from state.errors import Refused

KEY = "run-3-20261124T170500000000"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ButtonValue(run=3), "3:0"),
        (ButtonValue(run=3, event=41), "3:41"),
        (ButtonValue(run=3, alert=2, number=1), "3:0:2:1"),
        (ButtonValue(run=3, number=2), "3:0:0:2"),
        (ButtonValue(run=3, key=KEY), f"3:0@{KEY}"),
        (ButtonValue(run=3, key=KEY, event=41, alert=2, number=1), f"3:41:2:1@{KEY}"),
    ],
)
def test_a_value_is_read_as_it_was_written(value: ButtonValue, text: str) -> None:
    assert str(value) == text
    assert read_button(text) == value


@pytest.mark.parametrize(
    "text", ["", "3", "3:x", "3:-1", "3:0:2", "3:0:2:1:9", "٣:0", "3: 0", "3:0@x", "@", f"3:0@{KEY}@"]
)
def test_another_text_is_a_button_of_another_version(text: str) -> None:
    with pytest.raises(Refused, match="another version of the bot"):
        read_button(text)
