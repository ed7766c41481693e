"""`browser`: opens a page in a real browser: what must be visible there, no 404, and nothing forbidden in its console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from commands.ports.browser import Visit
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, passed, warned
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed


class BrowserStep(StepBox):
    """`click` are pressed in order, `sees` must then be visible, `forbid` must not be said in the console.

    Where the bot's machine has no browser the step fails and says so: with `on_failure = "ask"` a person opens the page
    and answers "It is done". It measures `unavailable` then, and a repetition of the smoke tests leaves it out.
    """

    kind: ClassVar[str] = "browser"

    web: str
    path: str
    click: list[str] = Field(default_factory=list)
    sees: list[str] = Field(default_factory=list)
    forbid: list[str] = Field(default_factory=list)
    headers: dict[str, str] = Field(default_factory=dict)

    def plan(self) -> list[str]:
        return [
            f"opens {self.web}{self.path} in a real browser",
            *(f"clicks {text}" for text in self.click),
            *(f"must see {text}" for text in self.sees),
            "no answer of 400 or more, no error in the console",
            *(f"nothing about {text!r} in the console" for text in self.forbid),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [BrowserIsThere()]

    def run(self, ctx: Context) -> Outcome:
        browser = ctx.tools.browser
        if why := browser.unavailable():
            summary = f"There is no browser on the bot's machine ({why}): open the page and answer."
            return failed(summary, lines=tuple(self.plan()), measures={"unavailable": 1.0})
        limit = min(self.limit.total_seconds(), 60)
        visit = Visit(path=self.path, sees=self.sees, click=self.click, headers=self.headers, limit=limit)
        seen = browser.visit(self.web, visit)
        wrong = [
            *(f"“{text}” is not visible" for text in seen.missing),
            *(f"bad answer: {answer}" for answer in seen.bad_answers),
            *(f"in the console: {text[:200]}" for text in seen.console),
            *(
                f"“{text}” is asked for"
                for text in self.forbid
                if any(text in said for said in (*seen.console, *seen.bad_answers))
            ),
        ]
        measures = {"failed": float(bool(wrong))}
        if wrong:
            return failed(f"The page is not right: {wrong[0]}.", lines=tuple(wrong[:8]), measures=measures)
        shown = f"shows {', '.join(self.sees)}" if self.sees else "loads"
        return done(f"“{seen.title}” {shown}, with a clean console.", measures=measures)


@dataclass(frozen=True)
class BrowserIsThere:
    """Whether the bot's machine can open a page; without a browser people open it, so nothing is kept from starting."""

    place = ("browser", "")
    late = False

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Start one and end it again."""
        if why := ctx.tools.browser.unavailable():
            return warned(f"there is none on the bot's machine ({why})", "people will be asked to open the page")
        if why := ctx.tools.browser.launch_error():
            return warned(f"it does not start ({why})", "people will be asked to open the page")
        return passed("starts")
