"""`browser`: opens a page in a real browser, and checks texts, requests and console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from commands.ports.browser import Act, BrowserResult, Visit
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, passed, warned
from commands.steps.base import StepBox, Strict
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import VariableText, WebPath
from commands.steps.shared_fields import Headers, WebName
from commands.steps.values import fill, page_texts
from commands.systems.http_answers import LIMIT, not_asked
from commands.text.phrases import joined_few, on_web
from state.frozen import dataclass

_ACTS: tuple[Literal["open", "fill", "click", "wait"], ...] = ("open", "fill", "click", "wait")
_MAX_SECONDS = 60.0
_LINES = 8  # problems that the thread shows


class BrowserAct(Strict):
    """One act of `steps`: exactly one of `open`, `fill` (with its `value`), `click` and `wait`."""

    open: VariableText = Field(default="", description="A path to open.", examples=["/admin"])
    fill: str = Field(
        default="",
        description="The input to type into: its label or placeholder, or a selector after `css=`. Needs `value`.",
        examples=["Password"],
    )
    value: VariableText | None = Field(
        default=None,
        description=(
            "What to type. A variable is typed only on pages of the page's own web places, and is masked everywhere."
        ),
        examples=["$TEST_PASSWORD"],
    )
    click: str = Field(
        default="", description="What to click: its text or label, or a selector after `css=`.", examples=["Sign in"]
    )
    wait: str = Field(
        default="",
        description="The text, or selector after `css=`, to wait for until it is visible.",
        examples=["Dashboard"],
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len([name for name in _ACTS if getattr(self, name)]) != 1:
            raise ValueError("each of the steps is one of open, fill (with its value), click and wait")
        if bool(self.fill) != (self.value is not None):
            raise ValueError('value: belongs to fill, and fill needs it: { fill = "Password", value = "$NAME" }')
        return self

    def act(self, values: Mapping[str, str]) -> Act:
        """The act, with the values of earlier steps."""
        kind = next(name for name in _ACTS if getattr(self, name))
        target = PageText(self.open, values) if kind == "open" else fill(getattr(self, kind), values)
        return Act(kind=kind, target=target, value=PageText(self.value or "", values))

    def words(self, web: str) -> str:
        """The act as a line of the plan."""
        if self.fill:
            return f"types {self.value} into “{self.fill}”"
        if self.open:
            return f"opens {on_web(web, self.open)}"
        return f"clicks “{self.click}”" if self.click else f"waits until “{self.wait}” is visible"


class BrowserStep(StepBox):
    """Opens a page in a real browser, after a log-in if need be, and looks at what is visible.

    What is named is found in upper or lower case and at the beginning of a word: “healthy” is not in “Unhealthy”. A
    failed request to another site, such as one for statistics, is named. It fails the step only if `forbid` has it, or
    if the step `sees` nothing that shows that the page works without it. A host with your own files (a CDN) is no other
    site if it is a web place of the page. Where a limit on requests (429) answers, nothing is known of the page. What
    the browser remarks about a header of the page, such as an unknown policy, is named and fails nothing. It clicks and
    types once the page has loaded nothing more for half a second. Without a text to see, a page that shows nothing
    fails. Of several of one name the first visible one counts. What lies over a text that is visible, such as a dialog,
    is named, and so is a tab that a click opens: the step goes on in its own. A text is found in a frame, too, but what
    to click or fill is not. A window that the page opens itself (`confirm`, `alert`) is cancelled and named.

    If the bot's machine has no browser, the step fails and says so. With `on_failure = "ask"` a person then opens the
    page and answers “I fixed it by hand”. The step then measures `unavailable`, and a repetition of the smoke tests
    leaves it out.
    """

    kind: ClassVar[str] = "browser"
    proves: ClassVar[str] = (
        "the texts are visible, no request was answered with 400 or more, and the console has no error"
    )
    takes_any_text: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"failed"})

    web: WebName
    path: WebPath = Field(description="The path of the page to open.", examples=["/login"])
    steps: list[BrowserAct] = Field(
        default_factory=list,
        description=(
            "What to do on the page, in order, in one session. Until the last one is done, an answer of "
            "401 is expected."
        ),
        examples=[[{"fill": "Password", "value": "$TEST_PASSWORD"}, {"click": "Sign in"}]],
    )
    click: list[str] = Field(
        default_factory=list,
        description="What to click after the `steps`; short for steps that only click.",
        examples=[["Menu"]],
    )
    sees: list[str] = Field(
        default_factory=list, description="Texts that must be visible at the end.", examples=[["Dashboard"]]
    )
    forbid: list[str] = Field(
        default_factory=list,
        description="Texts that must appear neither in the console nor in a failed request.",
        examples=[["TypeError"]],
    )
    allow: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description=(
            "Texts of known errors. A message of the console, or a failed request, that has one of them is named and "
            "fails nothing."
        ),
        examples=[["Minified React error #418"]],
    )
    headers: Headers = Field(default_factory=dict)

    def plan(self) -> list[str]:
        return [
            f"opens {on_web(self.web, self.path)} in a real browser",
            *(act.words(self.web) for act in self._acts()),
            *(f"“{text}” must be visible" for text in self.sees),
            f"no request answered with 400 or more, no error in the console{self._but()}",
            *(f"“{text}” must appear neither in the console nor in a failed request" for text in self.forbid),
        ]

    def _but(self) -> str:
        return f", but those with {joined_few([f'“{text}”' for text in self.allow], 3)}" if self.allow else ""

    def preflight(self) -> list[PreflightCheck]:
        return [BrowserAvailable()]

    def run(self, ctx: Context) -> Outcome:
        browser = ctx.tools.browser
        if why := browser.unavailable():
            summary = f"The bot's machine has no browser ({why}). Open the page yourself, then answer."
            return failed(summary, lines=tuple(self.plan()), measures={"unavailable": 1.0})
        limit = min(self.limit.total_seconds(), _MAX_SECONDS)
        sees, acts = [fill(text, ctx.values) for text in self.sees], [one.act(ctx.values) for one in self._acts()]
        path, headers = PageText(self.path, ctx.values), page_texts(self.headers, ctx.values)
        visit = Visit(path=path, sees=sees, acts=acts, headers=headers, limit=limit)
        seen = self._visit(ctx, visit)
        forbidden, known = self._forbidden(seen), self._known(seen)
        result = _without(seen, known)
        problems = self._problems(result, forbidden)
        others = [f"failed request to another site: {answer}" for answer in result.elsewhere]
        notes = [*others, *(f"the browser remarks: {text[:200]}" for text in result.remarks)]
        notes += [f"known (`allow`): {text[:200]}" for text in known]
        notes += [f"the page opened a window that was cancelled: {text[:200]}" for text in result.asked]
        notes += [f"a click opened another tab, which is not looked at; let `open` open it: {tab}" for tab in seen.tabs]
        if result.limited and not (result.bad_answers or forbidden):  # what else is wrong may come of it
            why = not_asked(result.limited[0], LIMIT)
            return failed(why, lines=tuple([*problems, *notes][:_LINES]), inconclusive=True)
        # without a text to see, nothing else shows that the page works without them
        failures = problems if sees else problems + others
        measures = {"failed": float(bool(failures))}
        if failures:
            lines = tuple([*problems, *notes][:_LINES])
            return failed(f"The page failed: {failures[0]}.", lines=lines, measures=measures)
        shown = f"shows {', '.join(sees)}" if self.sees else "loads"
        console = "; no other errors in the console." if known or result.remarks else "; no errors in the console."
        summary = f"“{result.title}” {shown}{console}"
        away = joined_few(result.elsewhere, 3)
        unseen = [f"whether the page works without what failed at other sites: {away}"] if others else []
        unseen += [f"whether people can read “{text}”: over it lies “{over}”" for text, over in seen.covered.items()]
        unseen += [f"what the tab shows that a click opened: {tab}" for tab in seen.tabs]
        return done(
            summary,
            lines=tuple(notes[:_LINES]),
            measures=measures,
            compared=(f"{on_web(self.web, self.path)} {shown} in a browser",),
            not_compared=tuple(unseen),
        )

    def _visit(self, ctx: Context, visit: Visit) -> BrowserResult:
        """Open the page; once more after a limit on requests, unless something was done there."""
        result = ctx.tools.browser.visit(self.web, visit)
        if result.limited and not visit.acts and result.pause < visit.limit:
            pause(ctx, result.pause)
            result = ctx.tools.browser.visit(self.web, visit)
        return result

    def _acts(self) -> list[BrowserAct]:
        return [*self.steps, *(BrowserAct(click=text) for text in self.click)]

    def _problems(self, result: BrowserResult, forbidden: list[str]) -> list[str]:
        return [
            *filter(None, [result.stuck]),
            *(f"“{text}” is not visible" for text in result.missing),
            *(f"failed request: {answer}" for answer in result.bad_answers),
            *(f"console error: {text[:200]}" for text in result.console),
            *(f"“{text}” appears in the console or in a failed request" for text in forbidden),
        ]

    def _known(self, result: BrowserResult) -> list[str]:
        messages = (*result.console, *result.bad_answers, *result.elsewhere, *result.limited)
        return [message for message in messages if any(text in message for text in self.allow)]

    def _forbidden(self, result: BrowserResult) -> list[str]:
        messages = (*result.console, *result.bad_answers, *result.elsewhere, *result.remarks)
        return [text for text in self.forbid if any(text in message for message in messages)]


def _without(result: BrowserResult, known: list[str]) -> BrowserResult:
    console, bad, elsewhere, limited = (
        tuple(message for message in messages if message not in known)
        for messages in (result.console, result.bad_answers, result.elsewhere, result.limited)
    )
    return replace(result, console=console, bad_answers=bad, elsewhere=elsewhere, limited=limited)


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
