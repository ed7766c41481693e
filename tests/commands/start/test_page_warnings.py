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


def test_a_short_look_of_the_rollback_is_named_although_it_undoes_nothing_by_name() -> None:
    text = read_pages(shipped_runbooks())["option-a.md"].text
    begin = text.index("```toml steady", text.index(LOOK) - 300)
    look = text[begin : text.index("```", begin + 3)].replace("verify-steady", "look-again")
    look = look.replace(LOOK, 'lasts = "3 s"')
    page = read_page(text.replace("### STEP 6: Notify team", f"### Look again\n\n{look}```\n\n### Tell"), "option-a.md")
    (warning,) = page_warnings(page)
    assert warning.startswith("“Look again”: this check of dj-system-api lasts 3 s, and that of the deploy 10 s")
