"""No text from outside acts on a terminal, hides, or forges another line."""

from __future__ import annotations

import unicodedata

import pytest

from commands.text.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nINFO gonogo: kept", "a\\nINFO gonogo: kept"),
        ("a\rb\x0bc\x0cd\x85e", "a\\rb\\x0bc\\x0cd\\x85e"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("\u2066a\u2069\u200e\u061c", "\\u2066a\\u2069\\u200e\\u061c"),
        ("U0\u200b123\ufeff\u2060\u00ad", "U0\\u200b123\\ufeff\\u2060\\xad"),
        ("a\u200db", "a\\u200db"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("blank\u3164\u115f\u2800", "blank\\u3164\\u115f\\u2800"),
        ("half \ud83d", "half \\ud83d"),
        ("nul\x00del\x7f", "nul\\x00del\\x7f"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["", "a\tb", "ไม่พร้อม", "⚠️ 🚀 👩‍💻 ❤️‍🔥", "“quoted” – 5 °C", "שלום"])
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


def test_no_letter_of_a_hidden_category_is_left() -> None:
    every = "".join(map(chr, range(0x110000)))
    left = {letter for letter in printable(every) if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert left == {"\t"}


def test_a_joiner_at_either_end_is_shown() -> None:
    assert printable("\u200d") == "\\u200d"
    assert printable("🚀\u200d") == "🚀\\u200d"
    assert printable("\u200d🚀") == "\\u200d🚀"
