"""The preview as one HTML document, in which the page's text is only ever text."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import field
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.check import Finding, PageCheck, step_count
from bot.preview.asked import asked
from bot.preview.failures import alert_rows, failures
from bot.preview.moments import Moment, Shown, moments
from bot.preview.played_run import STARTER, PlayedRun
from bot.preview.timeline import rows, stages
from bot.text import counted
from commands.runbook.page import Page
from commands.runbook.plan import plan_lines
from commands.signoff.permission_text import REFUSED, permission_lines
from commands.text.durations import format_duration
from commands.text.printable import printable
from state.frozen import dataclass

HERE = Path(__file__).parent
SLACK = HERE.parent / "rehearsal" / "workspace" / "page"  # what shows Slack's messages in a rehearsal
STYLES = (SLACK / "messages.css", SLACK / "blocks.css", SLACK / "dialogs.css", HERE / "preview.css")
# each uses only what stands above it
MODULES = ("dom.js", "mrkdwn.js", "elements.js", "blocks.js", "dialogs.js", "messages.js")
_INSIDE_STEP = "    "  # how the plan indents what a step does
MOST_UNFOLDED = 12  # lines of a step; more than that are mostly a script of the bot's own
MARKS = {"BACK": "⏪", "END": "⛔", "ASK": "✋", "TELL": "📣"}


@dataclass(frozen=True, kw_only=True)
class PlanStep:
    """A line of the plan, and the lines below that say what the step does, if it is one."""

    title: str
    lines: list[str] = field(default_factory=list)

    @property
    def is_short(self) -> bool:
        """Whether it is shown unfolded."""
        return len(self.lines) <= MOST_UNFOLDED


@dataclass(frozen=True, kw_only=True)
class PlanPart:
    """A part of the plan under its heading."""

    title: str
    steps: list[PlanStep] = field(default_factory=list)


def document(check: PageCheck, *, version: str = "") -> str:
    """The whole preview of a page, or its errors. With `version` it reloads itself when the server has another one."""
    script = _script()
    page = check.page
    return _render(
        check=check,
        page=page,
        errors=[finding for finding in check.findings if finding.level == "error"],
        warnings=[finding for finding in check.findings if finding.level == "warning"],
        version=version,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        styles="\n".join(path.read_text(encoding="utf-8") for path in STYLES),
        **(_contents(page) if page else {}),
    )


def broken_document(path: Path, why: str, version: str) -> str:
    """A document that only says why there is no preview."""
    finding = Finding(level="error", problem=why, what=why, message=why)
    return document(PageCheck(path=path, page=None, findings=(finding,)), version=version)


def _contents(page: Page) -> dict[str, Any]:
    told = list(moments(page))
    return {
        "steps": counted(step_count(page), "step"),
        "stages": stages(page),
        "rows": rows(page),
        "marks": MARKS,
        "failures": failures(page),
        "alerts": alert_rows(page),
        "asked": list(asked(page)),
        "refused": REFUSED,
        "moments": told,
        "plan": _plan(page),
        "slack": _slack(page, told),
    }


def _plan(page: Page) -> list[PlanPart]:
    """The text of `gonogo plan` by its parts, without the timeline, which is a picture here."""
    texts = [*plan_lines(page), "", *permission_lines(page)]
    found = []
    for title, *lines in (list(lines) for filled, lines in groupby(texts, key=bool) if filled):
        part = PlanPart(title=title)
        for line in lines:
            if line.startswith(_INSIDE_STEP) and part.steps:
                part.steps[-1].lines.append(line.removeprefix(_INSIDE_STEP))
            else:
                part.steps.append(PlanStep(title=line.strip()))
        found += [part] if title != "TIMELINE" else []
    return found


def _slack(page: Page, told: list[Moment]) -> dict[str, Any]:
    """What the scripts that show Slack's messages take: people, and the messages."""
    people = [{"id": STARTER.person, "name": "Starter"}]
    people += [{"id": person, "name": page.roles[role].title} for role, person in PlayedRun(page).people.items()]
    bot = {"id": "UBOT", "name": "gonogo"}
    return {
        "snapshot": {
            "person": "",
            "people": people,
            "bot": bot,
            "groups": {},
            "channels": [],
            "messages": [],
            "shortcuts": {},
        },
        "messages": [_message(shown, bot["id"]) for moment in told for shown in moment.shown],
    }


def _message(shown: Shown, author: str) -> dict[str, Any]:
    message = shown.message
    return {"user": author, "ts": str(shown.at.timestamp()), "text": message.text, "blocks": message.blocks}


def _script() -> str:
    """The modules that show Slack's messages and the preview's own one, as one module that imports nothing."""
    texts = [path.read_text(encoding="utf-8") for path in (*(SLACK / name for name in MODULES), HERE / "preview.js")]
    lines = (line.removeprefix("export ") for text in texts for line in text.splitlines())
    return "\n".join(line for line in lines if not line.startswith("import "))


def _render(**values: Any) -> str:
    """The template escapes all texts but the script and the styles, which are gonogo's own."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.filters["duration"] = format_duration
    return environment.from_string((HERE / "preview.html.j2").read_text(encoding="utf-8")).render(**values)


def _shown(value: object) -> object:
    """A text of the page without marks that hide or turn a part of it, as the terminal shows it."""
    return printable(value) if type(value) is str else value
