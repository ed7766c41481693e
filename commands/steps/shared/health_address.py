"""The address that says which commit a service runs. Workers have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.page_fields import WebPath
from commands.steps.shared.readiness import LOOK_INTERVAL, POLL_INTERVAL, is_starting, pause_after, within
from commands.steps.shared_fields import Headers
from commands.steps.values import fill, page_texts
from commands.systems.further_addresses import MOST
from commands.systems.http_answers import field as json_field
from commands.systems.http_answers import stand_in, status_of
from commands.systems.preflight.answer_fields import AnswerFieldsCheck, Reads
from commands.systems.running.answers import names
from commands.text.phrases import on_web
from state.errors import Down, ToolError, Unreachable
from state.frozen import dataclass

_SHOWN = 100  # characters of an answer
_OWN_WORDS = 400  # characters of a sentence of the bot's own
_NOTHING = "nothing usable: "  # and why, where no answer came
_NOT_TO_THE_BOT = "nothing to the bot: "  # and why, where its own network may be to blame
_NOT_ASKED = "from a "  # how an answer is called that the service did not give
_NOT_REACHED = ("with status 502", "with status 504")  # only a proxy in front answers so
_OF_THE_ADDRESS = ("path", "field", "commit", "headers")
ANSWER_TIMEOUT = 3.0  # seconds in which a service that is ready must serve the commit
ANSWERS = 20  # requests that must all be answered with the commit
ANSWERS_WITHIN = 10.0  # seconds; of a slow service fewer are asked for
_MOST_GONE = 2  # of them that nobody answered, or a proxy in front, in each of so many rounds, so many seconds apart
_GONE_OF_FEW = 1 / 3  # of the few that a slow service leaves time for, such as one that gets no answer until its limit
_ROUNDS, _BETWEEN_ROUNDS = 3, 2.0
_SLOWER = 1.0  # seconds before each request after such an answer, which nginx gives to too many requests as well (503)


@dataclass(frozen=True)
class Health:
    """What the health address answered, as words, and whether a service that still starts answers so.

    `says`: it names a commit. `gone`: nobody answered, or a proxy in front did. `barred`: it never will, as with a
    wrong certificate. `others`: the further addresses of the place's name. `pause`: the seconds until it is asked
    again, which are more where a limit on requests answered.
    """

    words: str
    starting: bool = False
    says: bool = False
    gone: bool = False
    barred: bool = False
    others: tuple[str, ...] = ()
    pause: float = POLL_INTERVAL


class HealthAddress(StepBox):
    """A step whose service may have a health address: the JSON field `field` of `path` on `web` must equal `commit`."""

    web: str = Field(
        default="",
        description="The web site or API that says which commit runs, by its name in Places. A worker has none.",
        examples=["api"],
    )
    path: WebPath = Field(default="/api/health", description="The path of its health address.", examples=["/health"])
    field: str = Field(
        default="commit",
        description="The field of the health address's JSON answer that names the commit (`a.b` if nested).",
        examples=["version.commit"],
    )
    commit: str = Field(
        default="",
        description="The commit that the health address must answer, or its first digits, at least seven.",
        examples=["<commit>"],
    )
    headers: Headers = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole_or_absent(self) -> Self:
        if self.web and not self.commit:
            raise ValueError("commit: is missing beside web; add it, or leave web out where nothing answers the commit")
        if not self.web and (extra := [name for name in _OF_THE_ADDRESS if name in self.model_fields_set]):
            raise ValueError(f"{extra[0]}: has no meaning without web; name the address, or remove it")
        return self

    def asks_version(self) -> bool:
        return bool(self.web)

    def plan_of_address(self) -> list[str]:
        """Plan lines: the commit that must be served."""
        if not self.web:
            return ["no address is asked which commit runs"]
        return [f"GET {on_web(self.web, self.path)}, expects {self.field} = {self.commit}"]

    def preflight(self) -> list[PreflightCheck]:
        if not self.web:
            return []
        headers = tuple(self.headers.items())
        by = f"`field` of `{self.kind}`"
        reads = Reads(path=self.path, fields=(self.field,), by=by, headers=headers, always=True)
        return [AnswerFieldsCheck(web=self.web, reads=(reads,))]

    def wait_for_commit(
        self, ctx: Context, timeout: float, ready_within: float = 0, died: Callable[[], bool] = lambda: False
    ) -> str:
        """The newest answer of the health address, if there is one; asked until the commit is served.

        An answer of a service that still starts is waited for `ready_within` seconds in all, unless it `died`; any
        other answer for `timeout` seconds from its first on.
        """
        if not self.web:
            return ""
        clock = ctx.tools.clock
        began = wrong_since = clock.monotonic()
        while not self.serves(ctx, (health := self._health(ctx)).words) and not died():
            now = clock.monotonic()
            if health.starting and now - began < ready_within:
                wrong_since = now
            elif now - wrong_since >= timeout or (health.starting and ready_within):
                break
            left = max(timeout, ready_within) - (now - began)
            _wait(ctx, within(health.pause, left), died)
        return health.words

    def commit_of_all(self, ctx: Context) -> str:
        """The answer of a service that is ready: the commit only if nobody else answers beside it.

        Processes that share a port, and servers behind one address, are asked each by a connection of its own.
        """
        answer = self.wait_for_commit(ctx, ANSWER_TIMEOUT)
        if not self.web or not self.serves(ctx, answer):
            return answer
        for left in reversed(range(_ROUNDS)):
            wrong, may_pass = self._wrong_of_many(ctx)
            if not (wrong and may_pass and left):
                return wrong or answer
            pause(ctx, _BETWEEN_ROUNDS)
        raise AssertionError("unreachable")

    def _wrong_of_many(self, ctx: Context) -> tuple[str, bool]:
        """What many requests were answered besides the commit, or empty; and whether that may pass.

        A server of several that is gone may not be known to the proxy in front yet.
        """
        until, asked = ctx.tools.clock.monotonic() + ANSWERS_WITHIN, 1
        others: list[str] = []
        gone: list[str] = []
        while asked < ANSWERS and len(gone) < _MOST_GONE and ctx.tools.clock.monotonic() < until:
            if gone:
                pause(ctx, _SLOWER)
                until += _SLOWER
            answers = [self._health(ctx, {"Connection": "close"})]
            if asked == 1:
                further = answers[0].others[:MOST]
                answers += [self._health(ctx, at=address) for address in further]
                if bad := [where for where, one in zip(further, answers[1:], strict=True) if one.barred]:
                    words = answers[1 + further.index(bad[0])].words
                    return f"{words} (at {bad[0]}, another of its addresses)", False
            asked += len(answers)
            others += [one.words for one in answers if one.says and not self.serves(ctx, one.words)]
            gone += [one.words for one in answers if one.gone]
            if any(one.pause > POLL_INTERVAL for one in answers):  # more requests would only use up more of the limit
                break
        if others:
            return f"{len(others)} of {asked} times {others[-1]}", False
        if gone and len(gone) >= min(_MOST_GONE, _GONE_OF_FEW * asked):
            return f"{len(gone)} of {asked} times {gone[-1]}", True
        return "", False

    def serves(self, ctx: Context, answer: str) -> bool:
        """Whether an answer of the health address is that of the commit, or of its first digits. True without one."""
        named, _, said = answer.partition(" = ")
        return not self.web or (named == self.field and names(said, fill(self.commit, ctx.values)))

    def answer_problems(self, ctx: Context, answer: str) -> list[str]:
        """What is wrong with the answer of the health address, as a clause."""
        if answer.startswith(_NOT_ASKED):
            return [f"{on_web(self.web, self.path)} answers {answer[:80]}, so the service itself was not asked"]
        if self.serves(ctx, answer):
            return []
        if answer.startswith((_NOTHING, _NOT_TO_THE_BOT)):
            return [f"{on_web(self.web, self.path)} answers {answer[:_OWN_WORDS]}"]
        return [f"{on_web(self.web, self.path)} answers {answer[:_SHOWN]} instead of {self._expected(ctx)[:60]}"]

    def not_reached(self, answer: str, problems: list[str]) -> str:
        """The clauses about a proxy that does not reach what runs, if nothing else is wrong; else empty."""
        if len(problems) != 1 or not answer.startswith(_NOT_REACHED):
            return ""
        return (
            f"{problems[0]}: the proxy in front does not reach it. Compare the address at which it listens with the "
            "one that the proxy asks; nginx keeps an old one until it is reloaded"
        )

    def unasked(self, answer: str, problems: list[str]) -> bool:
        """Whether nothing is wrong but that something else answered, or nobody was reached: the commit is not known."""
        return answer.startswith((_NOT_ASKED, _NOT_TO_THE_BOT)) and len(problems) == 1

    def _expected(self, ctx: Context) -> str:
        return f"{self.field} = {fill(self.commit, ctx.values)}"

    def _health(self, ctx: Context, more: Mapping[str, str] = MappingProxyType({}), at: str = "") -> Health:
        try:
            path, headers = PageText(self.path, ctx.values), page_texts(self.headers, ctx.values)
            request = HttpRequest(path=path, headers={**headers, **more}, address=at)
            response = ctx.tools.web.request(self.web, request)
            if who := stand_in(response):
                return Health(f"from {who}", starting=is_starting(response), pause=pause_after(response))
            if response.status != 200:
                starts = is_starting(response)
                return Health(f"with status {status_of(response)}", starting=starts, gone=starts)
            served = json_field(response.json(), self.field)
            says, others = served is not None, response.others
            return Health(f"{self.field} = {served}", starting=not says, says=says, others=others)
        except ToolError as error:
            is_down = isinstance(error, Down) or not isinstance(error, Unreachable)
            words = f"{_NOTHING if is_down else _NOT_TO_THE_BOT}{str(error).rstrip('.')}"
            barred = isinstance(error, Down) and error.lasting
            return Health(words, starting=not barred, gone=is_down, barred=barred)
        except ValueError:
            return Health("what is not JSON", starting=True)


def _wait(ctx: Context, seconds: float, died: Callable[[], bool]) -> None:
    """Wait for some seconds, which a limit on requests may make many, or until what is waited for has died."""
    clock = ctx.tools.clock
    until = clock.monotonic() + seconds
    while (left := until - clock.monotonic()) > 0 and not died():
        pause(ctx, min(left, LOOK_INTERVAL))
