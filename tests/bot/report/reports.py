"""Reports that the tests of their layout share, and what a browser shows of HTML."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from bot.report.layout import headline, lay_out, texts
from commands.progress.step_state import WATCH
from commands.report.charts import Limit, Panel, Series
from commands.report.dora import deploy_of
from commands.report.report import Report, build_report
from state.events import event_from
from state.records import AttemptState, Event, Record, RunState
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
POINTS = tuple((n / 4, 0.2 + n / 100) for n in range(1, 17))
# what must not be in a report: control characters but line ends, marks that turn the reading direction, half emoji
_UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]")
_FORMATTING = {"script", "a", "img", "b", "h1mine", "iframe", "em", "strong", "s", "del"}


def panel(name: str = "API", baseline: float | None = 0.25) -> Panel:
    """A panel of one line."""
    limits = (Limit(name="slow", value=5.0, kind="alert"), Limit(name="slow", value=1.0, kind="warning"))
    line = Series(name=name, points=POINTS, baseline=baseline)
    return Panel(title="Response time", unit="s", lines=(line,), limits=limits, raised=((1.0, 0.24),))


def report_of(of: Record) -> Report:
    """The report of a run of the small page, at its end."""
    return build_report(small(), of, [], [deploy_of(of)], people={}, now=of.run.ended_at or NOON)


def hostile(text: str) -> Report:
    """A report with this text wherever somebody may write."""
    outcome = {"lines": [text, f"second {text}"], "measures": {"seconds": 9.0, "failed": 1.0}}
    attempts = (
        replace(row("ready", AttemptState.DONE), summary=text),
        replace(row("put-the-code-there", AttemptState.FAILED, after=2), summary=text, outcome=outcome),
        row(WATCH, AttemptState.RUNNING, after=5),
        replace(row("response-time", AttemptState.FAILED, after=6), summary=text, outcome=outcome),
    )
    of = record(
        *attempts,
        facts=(said("rollback", reason=text, person=text),),
        state=RunState.ROLLED_BACK,
        rollback_loss=text,
        note=text,
        ref=text,
        target=text,
        starter=text,
        ended_at=NOON + timedelta(minutes=9),
    )
    alert = event_from("alert", {"name": text, "value": 9.0, "rule": text})
    event = Event(id=1, run=1, at=NOON, step="response-time", data=alert)
    return build_report(page_with(text), of, [event], [deploy_of(of)], people={}, now=NOON)


def harm_in(page: str) -> set[str]:
    """The tags and attributes of some HTML with which a text of the record could format, link or run something."""
    shown = Browser(page)
    return (shown.tags & _FORMATTING) | {name for name, _ in shown.attributes if name.startswith("on")}


def unclean(text: str) -> list[str]:
    """The characters of a text that must not be in a report; it can be encoded without them."""
    return _UNCLEAN.findall(text)


def missing_facts(shown: Callable[[Report], str]) -> list[str]:
    """The facts of many random hostile reports that are not in what `shown` makes of each."""
    chance = random.Random(5)
    reports = [hostile(" ".join(chance.choices(PIECES, k=3))) for _ in range(60)]
    return [fact for report in reports for fact in _missing(report, Browser(shown(report)).text)]


def _missing(report: Report, text: str) -> list[str]:
    facts = [headline(report), *texts(lay_out(report))]
    return [fact for fact in facts if bare(fact) not in text]


class Browser(HTMLParser):
    """The text that a browser shows, and all tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self._texts: list[str] = []
        self._hidden = False
        self.feed(page)

    @property
    def text(self) -> str:
        """The shown text without white space."""
        return bare("".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self._hidden = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._texts.append(data)


def bare(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())
