"""The report as Markdown and as HTML: the same facts in both, and nobody's words can do harm in either."""

from __future__ import annotations

import html
import random
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from bot.report.html import as_html
from bot.report.layout import facts, headline, lay_out
from bot.report.markdown import as_markdown
from commands.progress.step_state import WATCH
from commands.report import Report, build_report, deploy_of
from state.events import event_from
from state.records import Attempt, AttemptState, Event, Record, RunState
from tests.bot.slack.whole_run import page_with
from tests.pages import NOON, record, row, said, small

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "half an emoji \ud83d and a whole one 🚀",
    "สำรองฐานข้อมูล",
    "\x1b[31mred\x1b[0m \x00\x07\x1b]0;title\x07 bell\u202egnp",
    "| a | b |\n| --- | --- |\n# head\n- list\n1. one\n``` fence",
    "*bold* _soft_ ~~gone~~ [link](javascript:alert(1)) <!channel> <@U1> &lt;b&gt; \\",
    "{{ 7 * 7 }} {% raw %} ${x}",
    "</pre></table><h1>mine</h1>",
]
PIECES = [
    *HOSTILE,
    "",
    " ",
    "`",
    "``",
    "```",
    "|",
    "\\|",
    "<",
    "&amp;",
    "#",
    "-",
    "1.",
    "__init__",
    "$",
    "👩‍💻",
    "a" * 700,
]


def hostile(words: str) -> Report:
    """A report with these words wherever somebody may write."""
    page = page_with(words)
    outcome = {"lines": [words, f"second {words}"], "measures": {"seconds": 9.0, "failed": 1.0}}
    rows = (
        replace(row("ready", AttemptState.DONE), summary=words),
        replace(row("put-the-code-there", AttemptState.FAILED, after=2), summary=words, outcome=outcome),
        row(WATCH, AttemptState.RUNNING, after=5),
        replace(row("response-time", AttemptState.FAILED, after=6), summary=words, outcome=outcome),
    )
    back = said("rollback", reason=words, person=words)
    of = record(
        *rows, facts=(back,), state=RunState.ROLLED_BACK, rollback_loss=words, note=words, ref=words, target=words, starter=words,
        ended_at=NOON + timedelta(minutes=9),
    )  # fmt: skip
    data = {"name": words, "value": 9.0, "rule": words}
    event = Event(id=1, run=1, at=NOON, step="response-time", data=event_from("alert", data), before="", hash="")
    return build_report(page, of, [event], [deploy_of(of)], people={}, now=NOON)


class _Text(HTMLParser):
    """The words that a browser shows, and every tag there is."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self._quiet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self._quiet = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._quiet = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.words.append(data)


def shown(page: str) -> tuple[str, _Text]:
    """The words of some HTML without its white space, and the parser that read it."""
    parser = _Text()
    parser.feed(page)
    return "".join("".join(parser.words).split()), parser


def bare(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def rendered(markdown: str) -> str:
    """The HTML that a Markdown viewer makes of the report."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


@pytest.mark.parametrize("words", HOSTILE)
def test_nobodys_words_become_tags_links_or_scripts(words: str) -> None:
    report = hostile(words)
    for form in (as_html(report), rendered(as_markdown(report))):
        _, parser = shown(form)
        assert not parser.tags & {"script", "a", "img", "b", "h1mine", "iframe", "em", "strong", "s", "del"}, (
            parser.tags
        )
        assert not [name for name, _ in parser.attributes if name.startswith("on")]
    assert as_html(report).count("<h1>") == 1
    assert rendered(as_markdown(report)).count("<h1>") == 1


@pytest.mark.parametrize("words", HOSTILE)
def test_no_control_character_and_no_half_emoji_comes_through(words: str) -> None:
    report = hostile(words)
    for form in (as_html(report), as_markdown(report)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", form)
        form.encode()


def test_both_forms_hold_every_fact() -> None:
    chance = random.Random(5)
    for _ in range(60):
        report = hostile(" ".join(chance.choices(PIECES, k=3)))
        in_html, _ = shown(as_html(report))
        in_markdown, _ = shown(rendered(as_markdown(report)))
        for fact in [headline(report), *facts(lay_out(report))]:
            assert bare(fact) in in_html, f"the HTML page does not show {fact!r}"
            assert bare(fact) in in_markdown, f"the Markdown does not show {fact!r}"


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = as_html(hostile("plain"), b"\x89PNG...")
    assert 'src="data:image/png;base64,' in page
    assert not re.findall(r"(?:https?:)?//[a-z]", html.unescape(page)), "the page names an address"
    assert "default-src 'none'" in page


def long_watch(count: int) -> tuple[Record, list[Event]]:
    """A run with so many checks and events, every tenth of them over its limit."""
    rows: list[Attempt] = [row("put-the-code-there", AttemptState.DONE), row(WATCH, AttemptState.RUNNING, after=1)]
    events = []
    for n in range(count):
        slow = 9.0 if n % 10 == 0 else 0.1
        rows.append(row("response-time", AttemptState.DONE, n + 1, after=2 + n / 60, seconds=slow, failed=0.0))
        data = {"name": "API response > 5 s", "value": slow, "rule": "above 5"}
        at = NOON + timedelta(minutes=2 + n / 60)
        kind = "alert" if n % 10 == 0 else "checked"
        events.append(Event(id=n, run=1, at=at, step="response-time", data=event_from(kind, data), before="", hash=""))
    return record(*rows), events


def test_a_run_of_ten_thousand_events_is_told_whole() -> None:
    of, events = long_watch(10_000)
    report = build_report(small(), of, events, [deploy_of(of)], people={}, now=NOON + timedelta(days=1))
    assert len(report.alerts) == 1_000, "an alert is missing, or one that went on stands twice"
    assert len(report.panels[0].lines[0].points) == 10_000
    assert as_markdown(report).count("🚨") == 1_000
