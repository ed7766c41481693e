"""The report as Markdown; no text from the record can format, link or open HTML in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.report.layout import Card, Part, Table, headline, lay_out
from commands.report.report import Report

# what formats anywhere; `_` only at the edge of a word, `&` only where an entity could begin,
# `#` only where a word begins
_SPECIAL = re.compile(r"([\\`*\[\]<|~]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|(?<!\S)#)")
# what formats at the beginning of a line: lists, quotes, headlines, rules
_FIRST = re.compile(r"^(\d{1,9})(?=[.)](\s|$))|^(?=[-+=>])")


def as_markdown(report: Report) -> str:
    """The whole report."""
    lines = [f"# {escape(headline(report))}"]
    for part in lay_out(report):
        lines += ["", f"## {escape(part.title)}", *_part(part)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """One line of text, escaped so that it shows as it is."""
    safe = _SPECIAL.sub(r"\\\1", text)
    return _FIRST.sub(lambda match: f"{match[1] or ''}\\", safe)


def _part(part: Part) -> Iterator[str]:
    if part.chart:
        yield from ("", escape(part.chart))
    if part.bullets:
        yield ""
        yield from (f"- {escape(bullet)}" for bullet in part.bullets)
    if part.table:
        yield ""
        yield from _table(part.table)
    for card in part.cards:
        yield from _card(card)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(escape, table.columns))} |"
    yield f"|{' --- |' * len(table.columns)}"
    for row in table.rows:
        yield f"| {' | '.join(map(escape, row))} |"


def _card(card: Card) -> Iterator[str]:
    yield from ("", f"### {escape(card.title)}", "", escape(card.details))
    if card.summary:
        yield from ("", escape(card.summary))
    if any(card.lines):
        runs = [len(run) for line in card.lines for run in re.findall(r"`+", line)]
        fence = "`" * max(3, *(length + 1 for length in runs)) if runs else "```"
        yield from ("", f"{fence}text", *card.lines, fence)
