"""The reader: one Markdown page into headings with at most one box each. What looks runnable is a box or is refused."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from state.errors import BadPage

_PARSER = MarkdownIt("commonmark").enable("table")
_ANOTHER = re.compile(r"\s{0,3}(```|~~~)\s*\w")
_HIDDEN = re.compile(r"^\s*(#{1,6}\s|```|~~~)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A fenced box ` ```toml KIND `; `line` is the line of its opening fence."""

    kind: str
    line: int
    source: str
    fields: dict[str, Any]

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The page's line where a field stands, or the box's own line where the field is missing."""
        names = [str(part) for part in path if isinstance(part, str)]
        lines = self.source.splitlines()
        at = 0
        found = self.line
        for name in names:
            pattern = re.compile(
                rf"^\s*(\[+\s*(?:[\w.\"-]+\.)?)?\"?{re.escape(name)}\"?\s*(=|\]|\.)|[{{,]\s*{re.escape(name)}\s*="
            )
            for number, text in enumerate(lines[at:], start=at):
                if pattern.search(text):
                    at, found = number, self.line + 1 + number
                    break
        return found


@dataclass(kw_only=True)
class Section:
    """A heading with its prose and its box; `line` is the heading's line, counted from 1."""

    level: int
    title: str
    line: int
    prose: str = ""
    box: Box | None = None


def read_sections(text: str) -> list[Section]:
    """Split a page into its headings. Raises BadPage for everything that looks runnable and would not run."""
    lines = text.splitlines()
    sections = [Section(level=0, title="", line=1)]
    folded = 0
    for index, token in enumerate(tokens := _PARSER.parse(text)):
        line = token.map[0] + 1 if token.map else 0
        where = sections[-1].title
        if token.type == "heading_open":
            _refuse_nested(token, line, where, "a heading")
            sections.append(Section(level=int(token.tag[1]), title=tokens[index + 1].content.strip(), line=line))
        elif token.type == "fence":
            _refuse_nested(token, line, where, "a box")
            _add_fence(sections[-1], token, line, lines, folded > 0)
        elif token.type == "code_block":
            raise BadPage(line, where, "indented text reads as code; write it as a ```text box, or without the indent")
        elif token.type in {"html_block", "html_inline"}:
            folded += _fold(token, line, where)
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            folded += sum(_fold(child, line, where) for child in token.children or [] if child.type == "html_inline")
            sections[-1].prose += token.content + "\n"
    return sections[1:] if not sections[0].prose and sections[0].box is None else sections


def _refuse_nested(token: Token, line: int, where: str, what: str) -> None:
    if token.level > 0:
        raise BadPage(line, where, f"{what} inside a list or a quote is easily overlooked; move it to the left margin")


def _fold(token: Token, line: int, where: str) -> int:
    content = token.content.lower()
    if token.type == "html_block" and (hidden := _HIDDEN.search(token.content)):
        at = line + token.content[: hidden.start()].count("\n")
        raise BadPage(
            at, where, "a heading or a box stands inside an HTML comment or block, where it would not run; take it out"
        )
    return content.count("<details") - content.count("</details")


def _add_fence(section: Section, token: Token, line: int, lines: list[str], folded: bool) -> None:
    begin, end = token.map or (0, 0)
    last = lines[end - 1].strip() if 0 < end <= len(lines) else ""
    never = "this box is never closed; end it with a line of three backticks"
    if end - begin < 2 or not last.startswith(token.markup) or last.strip(token.markup[0]):
        raise BadPage(line, section.title, never)
    if another := next((n for n in range(begin + 1, end - 1) if _ANOTHER.match(lines[n])), None):
        raise BadPage(line, section.title, f"{never} (line {another + 1} begins another box)")
    words = token.info.split()
    if words == ["text"]:
        return
    if len(words) != 2 or words[0] != "toml":
        shown = token.info.strip() or "no name"
        raise BadPage(
            line,
            section.title,
            f"a box of {shown} looks runnable and is not; write a ```toml KIND box that runs, or ```text to only show it",
        )
    if folded:
        raise BadPage(line, section.title, "a step inside <details> is folded away from its readers; take it out")
    if section.box:
        raise BadPage(line, section.title, "two boxes under one heading; give the second one a heading of its own")
    if section.level == 0:
        raise BadPage(line, "", "a box before the first heading; give it a heading")
    section.box = _box(words[1], line, token.content, section.title)


def _box(kind: str, line: int, source: str, where: str) -> Box:
    try:
        fields = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        at = line + int(found[1]) if found else line + source.count("\n")
        said = re.sub(r" \(at .*\)$", "", str(error)).replace(
            "Cannot overwrite a value", "this field stands in the box already"
        )
        raise BadPage(at, where, f"the box is not TOML: {said}") from None
    box = Box(kind=kind, line=line, source=source, fields=fields)
    if "kind" in fields:
        raise BadPage(box.line_of(("kind",)), where, f"kind: the box says `toml {kind}` already; take the field away")
    return box
