"""Reads a page's headings and boxes; refuses what looks runnable but would not run."""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from commands.runbook.mistakes import Mistakes
from commands.runbook.typed import not_typed
from commands.text.page_rules import for_authors
from state.errors import BadPage
from state.frozen import dataclass

MAX_PAGE = 500_000  # characters; the shipped pages have 60,000
MAX_LINE = 4_000  # characters; the TOML reader's time grows with the square of a line like a.a.a.a
MAX_NUMBER = 10**18 - 1  # TOML itself promises 64 bits
PARSER = MarkdownIt("commonmark").enable("table")
_FENCE_START = re.compile(r"\s{0,3}(```|~~~)\s*\w")
# what people see as a heading and Markdown does not: no space after the marks, another kind of space, too many marks
_ALMOST_HEADING = re.compile(r"\s{0,3}(#{2,6}[^\s#]|#{1,6}(?![ \t])\s|#{7}|＃)")
_HTML_HEADING = re.compile(r"<h[1-6](?=[\s/>])", re.IGNORECASE)
_HTML_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_HEADING_OR_FENCE = re.compile(r"^\s*(#{1,6}\s|```|~~~)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A fenced box ` ```toml KIND `; `line` is the line of its opening fence."""

    kind: str
    line: int
    source: str
    fields: dict[str, Any]

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The page's line of a field, or the box's own line if the field is missing."""
        lines = self.source.splitlines()
        start, line = 0, self.line
        for depth, name in enumerate(path):
            if isinstance(name, int):
                continue
            row = path[depth + 1] if depth + 1 < len(path) else 0
            pattern = re.compile(
                rf"^\s*(\[+\s*(?:[\w.\"-]+\.)?)?\"?{re.escape(name)}\"?\s*(=|\]|\.)|[{{,]\s*{re.escape(name)}\s*="
            )
            found = [number for number, text in enumerate(lines[start:], start=start) if pattern.search(text)]
            # each table of a list of tables has a header of its own
            which = (
                row if isinstance(row, int) and row < len(found) and lines[found[row]].strip().startswith("[[") else 0
            )
            if found:
                start, line = found[which], self.line + 1 + found[which]
        return line


@dataclasses.dataclass(kw_only=True)
class Section:
    """A heading with its prose and its box; `line` is the line of the heading, counted from 1."""

    level: int
    title: str
    line: int
    prose: str = ""
    box: Box | None = None
    # the text of a box that cannot be read
    unread: str = ""


def read_sections(text: str, mistakes: Mistakes) -> list[Section]:
    """Split a page at its headings. Notes everything that looks runnable but would not run."""
    lines = text.splitlines()
    _refuse_too_long(text, lines)
    sections = [Section(level=0, title="", line=1)]
    details = 0  # open <details> elements
    for index, token in enumerate(tokens := PARSER.parse(text)):
        line = token.map[0] + 1 if token.map else 0
        where = sections[-1].title
        if token.type == "heading_open":
            with mistakes.noted_structure():
                _refuse_nested(token, line, where, "a heading")
            sections.append(Section(level=int(token.tag[1]), title=tokens[index + 1].content.strip(), line=line))
        elif token.type == "fence":
            _add_fence(sections[-1], token, lines, details > 0, mistakes)
        elif token.type == "code_block":
            why = "indented text looks like code; write a ```text box, or remove the indent"
            mistakes.add_structure(line, where, why)
        elif token.type in {"html_block", "html_inline"}:
            details += _opened_details(token, line, where, mistakes)
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            _note_almost_headings(token, lines, where, mistakes)
            inline = [child for child in token.children or [] if child.type == "html_inline"]
            details += sum(_opened_details(child, line, where, mistakes) for child in inline)
            # nobody takes a bold cell of a table for a heading
            cell = "| " if tokens[index - 1].type in {"th_open", "td_open"} else ""
            sections[-1].prose += f"{cell}{token.content}\n"
    unused = not (sections[0].prose or sections[0].box or sections[0].unread)
    return sections[1:] if unused else sections


def _refuse_too_long(text: str, lines: list[str]) -> None:
    if len(text) > MAX_PAGE:
        raise BadPage(1, "", f"the page has {len(text):,} characters; at most {MAX_PAGE:,} are read, so split it")
    if long := next((number for number, line in enumerate(lines, 1) if len(line) > MAX_LINE), None):
        raise BadPage(long, "", f"the line has more than {MAX_LINE:,} characters; break it")


def _refuse_nested(token: Token, line: int, where: str, what: str) -> None:
    if token.level > 0:
        raise BadPage(line, where, f"{what} inside a list or a quote is easily overlooked; move it to the left margin")


def _note_almost_headings(token: Token, lines: list[str], where: str, mistakes: Mistakes) -> None:
    start, end = token.map or (0, 0)
    for number, text in enumerate(lines[start:end], start + 1):
        if for_authors() and (almost := _ALMOST_HEADING.match(text)):
            what = not_typed(almost[0]) or "write one to six # and a space"
            why = f"this looks like a heading, but Markdown does not read it as one; {what}"
            mistakes.add_structure(number, where, why)


def _opened_details(token: Token, line: int, where: str, mistakes: Mistakes) -> int:
    """How many <details> a piece of HTML opens, minus those it closes. Notes headings in HTML, and what is hidden."""
    content = token.content.lower()
    if token.type == "html_block" and (hidden := _HEADING_OR_FENCE.search(token.content)):
        at = line + token.content[: hidden.start()].count("\n")
        why = "a heading or a box inside an HTML comment or block would not run; move it out"
        mistakes.add_structure(at, where, why)
    shown = _HTML_COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), token.content)
    if for_authors() and (heading := _HTML_HEADING.search(shown)):
        why = "a heading in HTML is shown as one, but it is no step and no part; write one to six # and a space"
        mistakes.add_structure(line + shown[: heading.start()].count("\n"), where, why)
    return content.count("<details") - content.count("</details")


def _add_fence(section: Section, token: Token, lines: list[str], hidden: bool, mistakes: Mistakes) -> None:
    line = token.map[0] + 1 if token.map else 0
    kind = ""
    with mistakes.noted_structure():
        _refuse_nested(token, line, section.title, "a box")
        kind = _box_kind(section, token, line, lines, hidden)
    if kind:
        try:
            section.box = _box(kind, line, token.content, section.title)
        except BadPage as error:
            mistakes.include(error)
            section.unread = token.content


def _box_kind(section: Section, token: Token, line: int, lines: list[str], hidden: bool) -> str:
    """The kind of a box that runs; empty for a box that is only shown. Raises BadPage for one that would not run."""
    start, end = token.map or (0, 0)
    last = lines[end - 1].strip() if 0 < end <= len(lines) else ""
    never = "this box is never closed; end it with a line of three backticks"
    if end - start < 2 or not last.startswith(token.markup) or last.strip(token.markup[0]):
        raise BadPage(line, section.title, never)
    if another := next((n for n in range(start + 1, end - 1) if _FENCE_START.match(lines[n])), None):
        raise BadPage(line, section.title, f"{never} (line {another + 1} starts another box)")
    words = token.info.split()
    if words == ["text"]:
        return ""
    if len(words) != 2 or words[0] != "toml":
        name = f'"{token.info.strip()}"' if token.info.strip() else "nameless"
        raise BadPage(
            line,
            section.title,
            f"a {name} box looks runnable but does not run; write a ```toml KIND box, or ```text to only show it",
        )
    if hidden:
        raise BadPage(line, section.title, "a step inside <details> is hidden from readers; move it out")
    if section.box or section.unread:
        raise BadPage(line, section.title, "two boxes under one heading; give the second box its own heading")
    if section.level == 0:
        raise BadPage(line, "", "a box before the first heading; move it under a heading")
    return words[1]


def _box(kind: str, line: int, source: str, where: str) -> Box:
    try:
        fields = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        position = re.search(r"\(at line (\d+), column \d+\)", str(error))
        at = line + int(position[1]) if position else line + source.count("\n")
        reason = re.sub(r" \(at .*\)$", "", str(error))
        reason = reason.replace("Cannot overwrite a value", "this field is in the box twice; remove one")
        written = source.split("\n")[at - line - 1 : at - line]
        reason = next(filter(None, map(not_typed, written)), reason)
        raise BadPage(at, where, f"the box is not valid TOML: {reason}") from None
    except (ValueError, RecursionError):
        why = "a number has too many digits, or lists and tables are too deep inside each other"
        raise BadPage(line, where, f"the box cannot be read as TOML: {why}") from None
    box = Box(kind=kind, line=line, source=source, fields=fields)
    if "kind" in fields:
        raise BadPage(box.line_of(("kind",)), where, f"kind: the box already says `toml {kind}`; remove the field")
    for path, why in _odd_numbers(fields) if for_authors() else ():
        raise BadPage(box.line_of(path), where, f"{path_in_words(path)}: {why}")
    return box


def path_in_words(path: Sequence[str | int]) -> str:
    """A path as a person counts: `alert 1, above` of ("alert", 0, "above")."""
    words, between = "", ""
    for part in path:
        words += f" {part + 1}" if isinstance(part, int) else between + part
        between = ", " if isinstance(part, int) else "."
    return words


def _odd_numbers(value: Any, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The numbers that nothing can be compared with or counted to, each with its path in the box."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _odd_numbers(inner, *path, name)
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"{value} is not a number that anything can be compared with; write a number"
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        yield path, "the number is too large; write one of at most 18 digits"
