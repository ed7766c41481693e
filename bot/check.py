"""`gonogo check`: what is wrong on pages, for people, for programs and for GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from bot.environment import people_of
from bot.settings import read_page_file
from bot.text import counted
from commands.runbook import Page
from commands.start.page_warnings import step_warnings
from commands.start.people_warnings import people_warnings
from state.errors import BadPage, GonogoError
from state.frozen import dataclass

# "field: what is wrong; what to do"; a few messages name two fields
_FIELD = re.compile(r"([A-Za-z_][\w.-]*(?: \d+)?(?:, [a-z_]+(?: \d+)?)*): ")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One error or warning: `what` is all of it but its line and its step, `message` the whole as people read it.

    `line` is None where it is about no line, `step` is a step's or part's title, `value` is what the page has there,
    None if that is not told. `problem` and `cure` are the parts of `what`.
    """

    level: Literal["error", "warning"]
    line: int | None = None
    step: str = ""
    field: str = ""
    value: object = None
    problem: str
    cure: str = ""
    what: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PageCheck:
    """What was found on one page. `page` is None if it has errors."""

    path: Path
    page: Page | None
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether a run can be started with it; warnings may remain."""
        return self.page is not None


def check_page(path: Path, environ: Mapping[str, str]) -> PageCheck:
    """Read a page, and find everything that is wrong."""
    try:
        page = read_page_file(path)
    except BadPage as error:
        findings = tuple(_of_page("error", one.line, one.where, one.what, one.value) for one in error.mistakes)
        return PageCheck(path=path, page=None, findings=findings)
    except GonogoError as error:
        return PageCheck(path=path, page=None, findings=(_sentence("error", str(error)),))
    warnings = [_of_page("warning", one.line, one.title, f"{one.what}.") for one in step_warnings(page)]
    # none about people where no role has any yet
    warnings += [_sentence("warning", one) for one in people_warnings(page, people_of(page, environ))]
    return PageCheck(path=path, page=page, findings=tuple(warnings))


def ok_line(check: PageCheck) -> str:
    """The line of a good page; empty for another."""
    page = check.page
    return f"{check.path}: ok, {counted(step_count(page), 'step')} for {page.runbook.target}" if page else ""


def step_count(page: Page) -> int:
    """How many steps the page has as it is written: one on a group of hosts is one."""
    return len({(step.written or step).id for step in page.steps})


def text_line(check: PageCheck, finding: Finding) -> str:
    """A finding for people at a terminal."""
    if finding.level == "error":
        return f"{check.path}: {finding.message}"  # which names its line
    line = f"line {finding.line}, " if finding.line else ""
    return f"{check.path}: warning: {line}{finding.message}"


def json_text(checks: Sequence[PageCheck]) -> str:
    """All pages as one JSON object. It is ASCII, so that nothing in it acts on a terminal."""
    pages = [_page_json(check) for check in checks]
    return json.dumps({"ok": all(check.good for check in checks), "pages": pages}, indent=2, default=str)


def github_lines(checks: Sequence[PageCheck]) -> Iterator[str]:
    """Workflow commands of GitHub, which shows them beside the lines of a pull request."""
    for check in checks:
        if line := ok_line(check):
            yield line
        for finding in check.findings:
            place = {"file": str(check.path), "line": finding.line, "title": finding.step or None}
            shown = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
            yield f"::{finding.level} {shown}::{_data(finding.what)}"


def _of_page(level: Literal["error", "warning"], line: int, step: str, what: str, value: object = None) -> Finding:
    named = _FIELD.match(what)
    rest = what[named.end() :] if named else what
    problem, _, cure = rest.rpartition("; ")
    message = BadPage(line, step, what).sentence if level == "error" else f"“{step}”: {what}"
    return Finding(
        level=level,
        line=line,
        step=step,
        field=named[1] if named else "",
        value=value,
        problem=(problem or cure).rstrip("."),
        cure=cure.rstrip(".") if problem else "",
        what=what,
        message=message,
    )


def _sentence(level: Literal["error", "warning"], text: str) -> Finding:
    return Finding(level=level, problem=text.rstrip("."), what=text, message=text)


def _page_json(check: PageCheck) -> dict[str, object]:
    findings = [asdict(finding) for finding in check.findings]
    return {
        "file": str(check.path),
        "ok": check.good,
        "target": check.page.runbook.target if check.page else None,
        "steps": step_count(check.page) if check.page else None,
        **{
            f"{level}s": [
                {name: value for name, value in one.items() if name not in {"level", "what"}}
                for one in findings
                if one["level"] == level
            ]
            for level in ("error", "warning")
        },
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
