"""The option box of a page: its reasons with their evidence, and what is refused in it."""

from __future__ import annotations

import re

import pytest

from commands.runbook import Page
from state.errors import BadPage
from tests.pages import small

HEAD = 'name = "A"\nrisk = "x"\ntime = "x"\nrollback = "x"\ntesting = "x"\nrecommendation = "x"\n'


def page(reasons: str, more: str = "") -> Page:
    """The small page as an option."""
    zone = 'time_zone = "Asia/Bangkok"'
    return small(**{zone: f"{zone}\n\n[option]\n{HEAD}choose_if = [{reasons}]\n{more}"})


def test_a_line_is_a_text_or_a_table_that_names_its_evidence() -> None:
    option = page('"Brave", { says = "Gate", step = "ready", within = "7 d" }').runbook.option
    assert option is not None
    assert [(one.says, one.evidence) for one in option.choose_if] == [("Brave", ""), ("Gate", "step")]


@pytest.mark.parametrize(
    ("reasons", "more", "words"),
    [
        ('{ says = "x", step = "gone" }', "", 'there is no step "gone" on the page'),
        ('{ says = "x", window = "ready" }', "", 'window: "ready" is a gate; name a window step'),
        ('{ says = "x", rehearsal = "ready" }', "", 'rehearsal: "ready" is a gate; name a rehearse step'),
        ('{ says = "x", step = "ready", soak = "b.md" }', "", "names two kinds of evidence (step and soak)"),
        ('{ says = "x", window = "ready", within = "1 h" }', "", "within: says how old evidence may be"),
        ('{ says = "x", page = "b.md" }', "", "page: says whose runs are asked"),
        ('{ says = "x", step = "ready", within = "5 s" }', "", "within: is too short"),
        ('{ says = "x", prof = "ready" }', "", "prof"),
        ('{ says = "" }', "", "says"),
        ('"x"', 'safer = "b.md"', "no line of choose_if names evidence"),
        ('{ says = "x", step = "ready" }', 'safer = "small.md"', "safer: is this page itself"),
        ("1", "", "choose_if"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(reasons: str, more: str, words: str) -> None:
    with pytest.raises(BadPage, match=re.escape(words)):
        page(reasons, more)


def test_a_step_of_another_page_is_not_looked_for_on_this_one() -> None:
    assert page('{ says = "x", signed = "review", page = "b.md" }').runbook.option is not None
