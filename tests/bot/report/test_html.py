"""The report as an HTML page: every fact is in it, and no text from the record can do harm."""

from __future__ import annotations

import html
import re

import pytest

from bot.report.html import as_html
from tests.bot.report.reports import HOSTILE, harm_in, hostile, missing_facts, unclean


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_do_harm(text: str) -> None:
    page = as_html(hostile(text))
    assert harm_in(page) == set()
    assert unclean(page) == []
    assert page.count("<h1>") == 1


def test_it_shows_every_fact() -> None:
    assert missing_facts(as_html) == []


def test_it_is_self_contained() -> None:
    page = as_html(hostile("plain"), b"\x89PNG...")
    assert 'src="data:image/png;base64,' in page
    assert not re.findall(r"(?:https?:)?//[a-z]", html.unescape(page)), "the page names an address"
    assert "default-src 'none'" in page


def test_without_a_chart_there_is_no_picture() -> None:
    assert "<img" not in as_html(hostile("plain"))
