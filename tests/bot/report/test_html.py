"""The report as an HTML page: every fact is in it, and no text from the record can do harm."""

from __future__ import annotations

import html
import random
import re

import pytest

from bot.report.html import as_html
from tests.bot.report.reports import FORMATTING, HOSTILE, PIECES, UNCLEAN, Browser, bare, facts, hostile


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_tag_a_link_or_a_script(text: str) -> None:
    page = as_html(hostile(text))
    shown = Browser(page)
    assert not shown.tags & FORMATTING
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_character_and_no_half_emoji_is_in_it(text: str) -> None:
    page = as_html(hostile(text))
    assert not UNCLEAN.search(page)
    page.encode()


def test_it_shows_every_fact() -> None:
    chance = random.Random(5)
    for _ in range(60):
        report = hostile(" ".join(chance.choices(PIECES, k=3)))
        shown = Browser(as_html(report)).text
        assert [fact for fact in facts(report) if bare(fact) not in shown] == []


def test_it_is_self_contained() -> None:
    page = as_html(hostile("plain"), b"\x89PNG...")
    assert 'src="data:image/png;base64,' in page
    assert not re.findall(r"(?:https?:)?//[a-z]", html.unescape(page)), "the page names an address"
    assert "default-src 'none'" in page


def test_without_a_chart_there_is_no_picture() -> None:
    assert "<img" not in as_html(hostile("plain"))
