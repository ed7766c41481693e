"""What a page may leave as it is, but should know, stands in check, doctor and start."""

from __future__ import annotations

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import WARN
from commands.runbook import read_page
from commands.start.page_warnings import page_lines, page_warnings

LOOK = 'lasts = "10 s"\nundoes = "backend-code"'


def test_the_shipped_pages_have_no_warning() -> None:
    assert [page_warnings(page) for page in read_pages(shipped_runbooks()).values()] == [(), ()]


def test_the_doctor_says_the_same_as_a_warning() -> None:
    shipped = read_pages(shipped_runbooks())["option-a.md"]
    short = read_page(shipped.text.replace(LOOK, LOOK.replace("10 s", "3 s")), "option-a.md")
    (warning,) = page_warnings(short)
    assert "lasts 3 s, and that of the deploy 10 s" in warning
    (line,) = page_lines(short)
    assert (line.about, line.result.level, line.result.summary) == ("page", WARN, warning)
