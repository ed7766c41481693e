"""The reference at the terminal, at most 80 columns wide: `gonogo kinds`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from commands.reference.boxes import BoxDoc, FieldDoc, head_docs, kind_docs, require_box, step_fields

_WIDTH = 80
_INDENT = "  "


def overview_lines() -> Iterator[str]:
    """Every kind and every box of the page itself in a line or two, and the fields of every kind."""
    yield "Kinds of steps (`gonogo kinds KIND` shows the fields of one):"
    yield from _names(kind_docs())
    yield from ("", "Boxes of the page itself:")
    yield from _names(head_docs())
    yield from ("", "Fields of every kind:")
    yield from _fields(step_fields())


def box_lines(name: str) -> Iterator[str]:
    """One box with all its fields. Raises Refused if there is no such box."""
    require_box(name)
    docs = {doc.name: doc for doc in (*kind_docs(), *head_docs())}
    return _lines(docs[name])


def _lines(doc: BoxDoc) -> Iterator[str]:
    yield from _wrap(f"{doc.name}: {doc.does}")
    for note in doc.notes:
        yield from ("", *_wrap(note))
    facts = (
        ("Proves", doc.proves),
        ("Changes production", doc.changes),
        ("Skipped after a failure by", doc.skip),
        ("Measures", ", ".join(doc.measures)),
    )
    told = [f"{name}: {text}." for name, text in facts if text]
    yield from [""] * bool(told)
    for text in told:
        yield from _wrap(text)
    yield from ("", "Example:", "", f"{_INDENT}```toml {doc.name}")
    yield from ((_INDENT + line).rstrip() for line in (*doc.example.splitlines(), "```"))
    if doc.fields:
        yield from ("", "Fields:")
        yield from _fields(doc.fields)
    for part in doc.parts:
        yield from ("", *_wrap(f"{' and '.join(part.names)}: {part.text}"))
        yield from _fields(part.fields)
    if doc.proves:
        yield from ("", *_wrap(f"As every kind also: {', '.join(field.name for field in step_fields())}."))


def _names(docs: Iterable[BoxDoc]) -> Iterator[str]:
    for doc in docs:
        yield from _wrap(f"{doc.name:<12} {doc.does}", first=_INDENT, rest=_INDENT + " " * 13)


def _fields(fields: Iterable[FieldDoc]) -> Iterator[str]:
    for field in fields:
        without = "needed" if field.required else f"without it {field.default}" if field.default else ""
        yield ""
        yield from _wrap(f"{field.name} ({', '.join(filter(None, (field.form, without)))})", first=_INDENT)
        yield from _wrap(field.description, first=_INDENT * 3, rest=_INDENT * 3)
        yield from (_INDENT * 3 + line for line in field.example_lines)


def _wrap(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest or first + _INDENT * bool(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
