"""The reference as a Markdown page: docs/kinds.md."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from commands.reference.boxes import BoxDoc, FieldDoc, head_docs, kind_docs, step_fields

_BEGIN = """\
# Kinds and fields

<!-- written by `make reference`, from what the code says of itself; a test compares them -->

Every box of a runbook page with its fields. `gonogo kinds KIND` shows the same at the terminal, and
[editors](editors-and-ci.md) complete and check the boxes by `gonogo schema`. The examples are the boxes of one page,
[`example.md`](../commands/reference/example.md), which `gonogo check` calls good.

| written in a field | what it is |
| --- | --- |
| text | `"…"`; `'…'` where it has a quote or a backslash in it |
| duration | one number, a space and `s`, `min`, `h` or `d`: `"30 s"`, `"15 min"`, `"4 h"`, `"2 d"` |
| variable | `"$NAME"`, whose value is in the bot's environment |
| text with `$NAME` | a text in which variables of the bot's environment are put in when it is sent |
| command | bash. A `$name` in it is the shell's own: hand values over by `env` |
| hours | `"22:00-06:00"`, also over midnight |
| regular expression | as Python reads it; one that could take too long on a line is refused |
| SQL | one statement that only reads, unless it is said otherwise |
| `<value>` in a text | a value that an earlier step has kept, like `<commit>` |
| no data | what could not be asked, or says nothing. It never counts as healthy |
"""
_STEPS = """\
## Fields of every kind

Each box of a step may have these. `gonogo check` says where one has no meaning.
"""
_HEAD = """\
## Boxes of the page itself

These stand directly under the page's title, or under the heading of a part.
"""


def reference_page() -> str:
    """The whole page."""
    kinds, head = kind_docs(), head_docs()
    lines = [
        *_BEGIN.splitlines(),
        "",
        "## Contents",
        "",
        "- [Fields of every kind](#fields-of-every-kind)",
        "- Kinds of steps:",
        *_contents(kinds),
        "- [Boxes of the page itself](#boxes-of-the-page-itself):",
        *_contents(head),
        "",
        *_STEPS.splitlines(),
        "",
        *_table(step_fields()),
        "",
        "## Kinds of steps",
    ]
    lines += [line for doc in kinds for line in _section(doc)]
    lines += ["", *_HEAD.rstrip().splitlines()]
    lines += [line for doc in head for line in _section(doc)]
    return "\n".join(lines) + "\n"


def _contents(docs: Iterable[BoxDoc]) -> Iterator[str]:
    for doc in docs:
        yield f"  - [`{doc.name}`](#{doc.name}): {doc.does[0].lower() if doc.proves else doc.does[0]}{doc.does[1:]}"


def _section(doc: BoxDoc) -> Iterator[str]:
    yield from ("", f"### `{doc.name}`", "", doc.does)
    for note in doc.notes:
        yield from ("", note)
    if doc.proves:
        yield from ("", f"- It proves: {doc.proves}.", f"- It changes production: {doc.changes}.")
        yield f"- After a failure it may be skipped by: {doc.skip}."
    if doc.measures:
        yield f"- It measures, for the alert table: {', '.join(f'`{name}`' for name in doc.measures)}."
    yield from ("", f"```toml {doc.name}", *doc.example.splitlines(), "```")
    if doc.fields:
        yield from ("", *_table(doc.fields))
    for part in doc.parts:
        yield from ("", f"{' and '.join(f'`{name}`' for name in part.names)}: {part.text}", "", *_table(part.fields))


def _table(fields: Iterable[FieldDoc]) -> Iterator[str]:
    yield "| field | form | without it | what it does | example |"
    yield "| --- | --- | --- | --- | --- |"
    for field in fields:
        without = "**needed**" if field.required else f"`{field.default}`" if field.default else ""
        cells = (
            f"`{field.name}`",
            field.form.replace("$NAME", "`$NAME`"),
            without,
            field.description,
            f"`{field.example}`",
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(reference_page())
