"""The report as Markdown: every fact is in it, and no text from the record can format or link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from bot.report.markdown import as_markdown, escape
from commands.progress.step_state import WATCH
from commands.report.dora import deploy_of
from commands.report.report import build_report
from state.events import event_from
from state.records import Attempt, AttemptState, Event, Record
from tests.bot.report.reports import HOSTILE, harm_in, hostile, missing_facts, unclean
from tests.pages import NOON, record, row, small


def rendered(markdown: str) -> str:
    """The HTML that a Markdown viewer shows."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_do_harm(text: str) -> None:
    markdown = as_markdown(hostile(text))
    page = rendered(markdown)
    assert harm_in(page) == set()
    assert unclean(markdown) == []
    assert page.count("<h1>") == 1


def test_it_shows_every_fact() -> None:
    assert missing_facts(lambda report: rendered(as_markdown(report))) == []


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text", "plain text"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("snake_case_name", "snake_case_name"),
        ("_soft_", r"\_soft\_"),
        ("a # b", r"a \# b"),
        ("issue#7", "issue#7"),
        ("a & b &amp;", r"a & b \&amp;"),
        ("<b>|~*`[x]", r"\<b>\|\~\*\`\[x\]"),
    ],
)
def test_only_what_would_format_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def long_watch(count: int) -> tuple[Record, list[Event]]:
    """A run with so many samples and events, every tenth of them over its limit."""
    attempts: list[Attempt] = [row("put-the-code-there", AttemptState.DONE), row(WATCH, AttemptState.RUNNING, after=1)]
    events = []
    for n in range(count):
        after, slow = 2 + n / 60, n % 10 == 0
        seconds = 9.0 if slow else 0.1
        attempts.append(row("response-time", AttemptState.DONE, n + 1, after=after, seconds=seconds, failed=0.0))
        data = event_from("alert" if slow else "checked", {"name": "API response > 5 s", "value": seconds})
        at = NOON + timedelta(minutes=after)
        events.append(Event(id=n, run=1, at=at, step="response-time", data=data))
    return record(*attempts), events


def test_a_run_of_ten_thousand_events_is_reported_whole() -> None:
    of, events = long_watch(10_000)
    report = build_report(small(), of, events, [deploy_of(of)], people={}, now=NOON + timedelta(days=1))
    assert len(report.alerts) == 1_000, "an alert is missing, or one that lasted is shown twice"
    assert len(report.panels[0].lines[0].points) == 10_000
    assert as_markdown(report).count("🚨") == 1_000
