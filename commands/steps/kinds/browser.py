"""`browser`: opens a page in a real browser, and checks texts, requests and console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from commands.ports.browser import BrowserResult, Visit
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, passed, warned
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import VariableText, VariableTexts
from commands.steps.values import fill, page_texts

_MAX_SECONDS = 60.0
_LINES = 8  # problems that the thread shows


class BrowserStep(StepBox):
    """Clicks the texts of `click` in order; then the texts of `sees` must be visible.

    No request may be answered with a status of 400 or more. Nothing in the console or in a failed request may have a
    text of `forbid`.

    If the bot's machine has no browser, the step fails and says so. With `on_failure = "ask"` a person then opens the
    page and answers "I fixed it by hand…". The step measures `unavailable` in this case, and a repetition of the smoke
    tests leaves it out.
    """

    kind: ClassVar[str] = "browser"
    takes_any_text: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"failed"})

    web: str
    path: VariableText
    click: list[str] = Field(default_factory=list)
    sees: list[str] = Field(default_factory=list)
    forbid: list[str] = Field(default_factory=list)
    headers: VariableTexts = Field(default_factory=dict)

    def plan(self) -> list[str]:
        return [
            f"opens {self.web}{self.path} in a real browser",
            *(f"clicks “{text}”" for text in self.click),
            *(f"“{text}” must be visible" for text in self.sees),
            "no request answered with 400 or more, no error in the console",
            *(f"“{text}” must appear neither in the console nor in a failed request" for text in self.forbid),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [BrowserAvailable()]

    def run(self, ctx: Context) -> Outcome:
        browser = ctx.tools.browser
        if why := browser.unavailable():
            summary = f"The bot's machine has no browser ({why}). Open the page yourself, then answer."
            return failed(summary, lines=tuple(self.plan()), measures={"unavailable": 1.0})
        limit = min(self.limit.total_seconds(), _MAX_SECONDS)
        sees, click = ([fill(text, ctx.values) for text in texts] for texts in (self.sees, self.click))
        path, headers = PageText(self.path, ctx.values), page_texts(self.headers, ctx.values)
        visit = Visit(path=path, sees=sees, click=click, headers=headers, limit=limit)
        result = browser.visit(self.web, visit)
        problems = self._problems(result)
        measures = {"failed": float(bool(problems))}
        if problems:
            return failed(f"The page failed: {problems[0]}.", lines=tuple(problems[:_LINES]), measures=measures)
        shown = f"shows {', '.join(sees)}" if self.sees else "loads"
        summary = f"“{result.title}” {shown}; no errors in the console."
        return done(summary, measures=measures, compared=(f"{self.web}{self.path} {shown} in a browser",))

    def _problems(self, result: BrowserResult) -> list[str]:
        messages = (*result.console, *result.bad_answers)
        forbidden = (text for text in self.forbid if any(text in message for message in messages))
        return [
            *(f"“{text}” is not visible" for text in result.missing),
            *(f"failed request: {answer}" for answer in result.bad_answers),
            *(f"console error: {text[:200]}" for text in result.console),
            *(f"“{text}” appears in the console or in a failed request" for text in forbidden),
        ]


@dataclass(frozen=True)
class BrowserAvailable:
    """Whether the bot's machine can open a page. If not, people are asked to open it, so this only warns."""

    place = ("browser", "")
    late = False

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Start a browser and close it again."""
        if why := ctx.tools.browser.unavailable():
            return warned(f"the bot's machine has none ({why})", "people will be asked to open the page")
        if why := ctx.tools.browser.launch_error():
            return warned(f"it does not start ({why})", "people will be asked to open the page")
        return passed("starts")
