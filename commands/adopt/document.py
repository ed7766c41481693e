"""A runbook as it was written: headings, and under each its text, code, tables and checklists."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from enum import Enum

from markdown_it.token import Token

from commands.adopt.lists import checklist_items, left_margin
from commands.runbook.markdown import PARSER
from state.frozen import dataclass

_FRONT_MATTER = re.compile(r"\s|[\w-]+:|- |#|$")
_LONGEST_FRONT_MATTER = 100  # lines


class Sort(Enum):
    """What a block is."""

    TEXT = "text"
    CODE = "code"
    TABLE = "table"
    CHECKLIST = "checklist"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of the runbook. `line` is its first line, counted from 1; `lines` are its own, word for word.

    Of code `content` is the code without its fence, `first` the line of its first line, and `language` what the fence
    names. `hidden` is code inside <details>, `unclosed` code whose fence is never closed. Of a table `rows` are its
    cells with its header first; of a checklist `items` are its items, each with its line.
    """

    sort: Sort
    line: int
    lines: tuple[str, ...] = ()
    content: str = ""
    first: int = 0
    language: str = ""
    hidden: bool = False
    unclosed: bool = False
    rows: tuple[tuple[str, ...], ...] = ()
    items: tuple[tuple[int, str], ...] = ()


@dataclasses.dataclass(kw_only=True)
class Chapter:
    """A heading with what stands under it, up to the next heading. What stands before the first has level 0."""

    level: int
    title: str
    line: int
    blocks: list[Block] = field(default_factory=list)


def read_document(text: str) -> list[Chapter]:
    """The chapters of a runbook. Every line of it is in one of them, or is a heading, its underline, or a fence."""
    lines = text.split("\n")
    chapters = [Chapter(level=0, title="", line=1)]
    at, behind_code = _front_matter(lines), False
    if at:
        content = "\n".join(lines[1 : at - 1])
        chapters[0].blocks.append(Block(sort=Sort.CODE, line=1, content=content, first=2, language="front matter"))
    body = "\n".join([""] * at + lines[at:])
    for start, end, made in _marks(PARSER.parse(body), lines):
        if start < at:  # shares a line with the block before it
            continue
        chapters[-1].blocks += _text_blocks(lines, at, start, behind_code)
        at, behind_code = end, isinstance(made, Block) and made.sort is Sort.CODE
        if isinstance(made, Chapter):
            chapters.append(made)
        else:
            chapters[-1].blocks.append(made)
    chapters[-1].blocks += _text_blocks(lines, at, len(lines), behind_code)
    return chapters


def _front_matter(lines: Sequence[str]) -> int:
    """How many lines the metadata at the beginning have, with their marks; 0 without any."""
    if lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:_LONGEST_FRONT_MATTER], start=2):
        if line.rstrip() == "---":
            return number
        if not _FRONT_MATTER.match(line):
            return 0
    return 0


_Mark = tuple[int, int, Chapter | Block]


def _marks(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[_Mark]:
    """What is more than text, in the order of the page, with its lines from `start` to before `end`."""
    details = 0
    for index, token in enumerate(tokens):
        start, end = token.map or (0, 0)
        if token.type == "heading_open" and token.level == 0:
            title = " ".join(tokens[index + 1].content.split())
            yield start, end, Chapter(level=int(token.tag[1]), title=title, line=start + 1)
        elif token.type in {"fence", "code_block"}:
            yield start, end, _code(token, start, end, lines, hidden=details > 0)
        elif token.type == "table_open" and token.level == 0:
            rows = tuple(_rows(tokens, index))
            yield start, end, Block(sort=Sort.TABLE, line=start + 1, lines=tuple(lines[start:end]), rows=rows)
        elif token.type == "bullet_list_open" and token.level == 0 and (items := checklist_items(tokens, index)):
            yield start, end, Block(sort=Sort.CHECKLIST, line=start + 1, lines=tuple(lines[start:end]), items=items)
        elif token.type in {"html_block", "inline"}:
            pieces = [token] if token.type == "html_block" else token.children or []
            html = "".join(piece.content.lower() for piece in pieces if piece.type.startswith("html"))
            details += html.count("<details") - html.count("</details")


def _code(token: Token, start: int, end: int, lines: Sequence[str], *, hidden: bool) -> Block:
    fenced = token.type == "fence"
    last = lines[end - 1].strip(" \t>") if 0 < end <= len(lines) else ""
    closed = end - start > 1 and last.startswith(token.markup) and not last.strip(token.markup[:1])
    return Block(
        sort=Sort.CODE,
        line=start + 1,
        lines=tuple(lines[start:end]),
        content=token.content.rstrip("\n"),
        first=start + 2 if fenced else start + 1,
        language=token.info.strip().lower(),
        hidden=hidden,
        unclosed=fenced and not closed,
    )


def _rows(tokens: Sequence[Token], index: int) -> Iterator[tuple[str, ...]]:
    row: list[str] = []
    for token in tokens[index:]:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(token.content.strip())
        elif token.type == "tr_close":
            yield tuple(row)


def _text_blocks(lines: Sequence[str], start: int, end: int, behind_code: bool) -> Iterator[Block]:
    """The text between two marks; behind code it begins at the left margin, as the page needs it."""
    raw = lines[start:end]
    if any(line.strip() for line in raw):
        yield Block(sort=Sort.TEXT, line=start + 1, lines=tuple(left_margin(raw) if behind_code else raw))
