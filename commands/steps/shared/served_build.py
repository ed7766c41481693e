"""Asks a web site until it serves a published build: its stamp, its page and what that names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commands.ports.page_text import PageText, Text
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.shared.every_address import at_addresses
from commands.steps.shared.readiness import pause_after
from commands.systems.built_page import BuiltPage, names, other_page
from commands.systems.http_answers import LIMIT, LIMITED, challenge, not_asked, stand_in, status_of
from commands.systems.kept_pages import kept_page
from commands.systems.later_parts import LaterParts
from commands.systems.old_build import OldBuild
from commands.systems.packed_files import PackedFiles
from commands.systems.page_parts import STILL_OLD, ServedParts
from commands.systems.page_tags import Part
from commands.systems.running.answers import names as names_commit
from commands.text.numbers import format_count
from commands.text.phrases import joined_few, on_web
from commands.text.redaction import HIDDEN
from state.errors import ToolError

_TRIES = 3  # requests for what is served at least, one second apart
_SHOWN = 100  # characters of an address
_SERVERS_ASKED = 10  # more requests for the stamp, each of which another server may answer
_MOST_GONE = 2  # of them that get no stamp at all: one alone may be a proxy that leaves a server out from then on
_NAMES = "named the commit "
LIMIT_PATIENCE = 60.0  # seconds that a limit on requests is waited for in all


class _LimitedError(ToolError):
    """A limit on requests answered in the web site's place, however long it was waited for."""


@dataclass
class ServedBuild:
    """What one place serves of the build of `commit`, whose own page is `built`; `old` is what the build before has.

    `packed`: the packed files of the build, which a web server may send in the place of their originals. `later`: its
    scripts and stylesheets that its page does not name.
    After `ask`: `problem` is what is wrong with the build, `broken` which part of its page no browser gets; sentences,
    or empty. `where` says how many addresses were asked, as words to append. `kept` is how long browsers keep the page,
    `worker` why they may go on with a service worker of before, `gone` what tabs may miss, `unchanged` why they keep
    the page of before, `missing` which part that the page may load later is not served, `unasked` why that is unknown;
    clauses, or empty.
    `challenged`: a protection in front wanted to see a browser, or limits requests, so nothing is known of the build.
    """

    ctx: Context
    web: str
    stamp: str
    commit: str
    headers: Mapping[str, Text]
    built: BuiltPage
    old: OldBuild
    packed: PackedFiles = field(default_factory=PackedFiles)
    later: LaterParts = field(default_factory=LaterParts)
    problem: str = ""
    broken: str = ""
    where: str = ""
    kept: str = ""
    challenged: bool = False
    worker: str = ""
    gone: str = ""
    unchanged: str = ""
    missing: str = ""
    unasked: str = ""
    served: ServedParts = field(init=False)
    _patience: float = field(init=False)

    def __post_init__(self) -> None:
        self._patience = LIMIT_PATIENCE
        self.served = ServedParts(self.web, self._get, self._is_of_build, self.old.has_still)

    def ask(self, seconds: float) -> None:
        """Ask until all is right, or the time is over."""
        clock, tries = self.ctx.tools.clock, 0
        began = clock.monotonic()
        while True:
            tries += 1
            self.problem = self.broken = ""
            self.challenged = False
            try:
                self._ask_once()
            except _LimitedError as error:
                self.problem, self.challenged = str(error), True
                return
            except (ToolError, ValueError) as error:
                self.problem = f"{self.web} could not be checked: {error}"
            right = not (self.problem or self.broken)
            if right:
                self._ask_of_before()
            if right or (tries >= _TRIES and clock.monotonic() - began >= seconds):
                return
            pause(self.ctx, 1)

    def compared(self) -> str:
        """What was looked at, in a few words."""
        whole = " with its page, scripts and stylesheets"
        part = " with its page, which names that build's scripts and stylesheets"
        page = whole if self.served.good and not (self.broken or self.kept or self._not_asked()) else part
        return f"{self.web} serves the build of {self.commit[:10]}{page if self.built.parts else ''}{self.where}"

    def not_compared(self) -> tuple[str, ...]:
        """What was not looked at."""
        told = (self.unasked, self.later.not_told(), self.old.not_told(), self.packed.not_told())
        return (*self._not_asked(), *filter(None, told), *self.in_browsers())

    def _not_asked(self) -> list[str]:
        unseen = []
        hidden = sorted(one for one in self.served.elsewhere if HIDDEN in one)
        if elsewhere := sorted(self.served.elsewhere.difference(hidden)):
            unseen = [f"whether {_first(elsewhere)} can be loaded: the page gets it from another place"]
        if hidden:
            unseen.append(f"whether {_first(hidden)} can be loaded: its address holds a secret")
        if too_long := sorted(self.served.too_long):
            unseen.append(f"whether {_first(too_long)} fits the `integrity` of its tag: it is too long")
        if changed := sorted(self.served.changed):
            unseen.append(f"whether {_first(changed)} is this build's: what is served differs from its file")
        if count := self.built.more + self.served.more:
            unseen.append(f"whether {format_count(count, 'more script')} or stylesheets of the page can be loaded")
        if not (unseen or self.served.good or self.broken):
            unseen = ["whether its scripts and stylesheets can be loaded: no tag of the served page loads them"]
        return unseen

    def in_browsers(self) -> tuple[str, ...]:
        """What nobody looked at in the browsers of people who have the build before."""
        of_page = "what browsers show that have the page of before" if self.kept else ""
        of_worker = "what browsers show that have the service worker of before" if self.old.worker else ""
        return tuple(filter(None, (of_page, of_worker, self.gone)))

    def doubts(self) -> tuple[str, ...]:
        """What may keep browsers from showing the build, though it is served; clauses."""
        mine = (self.missing, self.unchanged, self.worker, self.packed.doubt())
        return tuple(filter(None, (*self.served.doubts, *mine)))

    def _is_of_build(self, part: Part) -> bool:
        """Whether the build's page has it; a proxy may have written more into the page."""
        return any(names(part.address, own) for own in self.built.parts)

    def _ask_once(self) -> None:
        stamp = self._get(PageText(self.stamp, self.ctx.values))
        if self._is_of_another(self.stamp, stamp):
            return
        data = stamp.json() if stamp.status == 200 else {}
        if not isinstance(data, dict) or not names_commit(str(data.get("commit")), self.commit):
            said = f"answers {status_of(stamp)} and does not name commit {self.commit[:10]}"
            self.problem = f"{on_web(self.web, self.stamp)} {said}."
            return
        page = self._get("/")
        if self._is_of_another("/", page, cache_is_right=True):
            return
        if page.status != 200 or "<!doctype html" not in page.text[:1000].lower():
            self.problem = f"{on_web(self.web, '/')} answers {status_of(page)} and is not an HTML page."
            return
        self.kept = kept_page(self.web, page)
        self.where = at_addresses(0, len(page.others))
        self.problem = other_page(self.web, page, self.built)
        if not self.problem and self.old.has_still("/index.html", page):
            self.problem = f"{on_web(self.web, '/')} {STILL_OLD}"
        if not self.problem:
            self.broken = next(filter(None, list(self.served.problems(page))), "")
        if not (self.problem or self.broken):
            self.problem = self._of_another_server()

    def _of_another_server(self) -> str:
        """What is wrong if one of several servers behind the address serves another build, or none; else empty.

        Each request goes on a connection of its own, because one that is open leads to the same server again.
        """
        request = HttpRequest(
            path=PageText(self.stamp, self.ctx.values), headers={**self.headers, "Connection": "close"}
        )
        gone = 0
        for asked in range(1, _SERVERS_ASKED + 1):
            if gone:
                pause(self.ctx, 1)  # nginx answers 503 to too many requests as well
            try:
                answer = self.ctx.tools.web.request(self.web, request)
                said = "" if stand_in(answer) else self._other_build(answer)
                if answer.status == LIMITED:  # more requests would only use up more of the limit
                    break
            except ToolError:
                said = "gave no answer"
            if said and ((other := said.startswith(_NAMES)) or (gone := gone + 1) == _MOST_GONE):
                often = "once" if other else "twice"
                more = f"was asked {format_count(asked, 'more time')}, and {often} it {said}"
                return f"{on_web(self.web, self.stamp)} {more}: perhaps another server behind the address answered."
        return ""

    def _other_build(self, answer: HttpResponse) -> str:
        """What an answer for the stamp says instead of the commit, as a clause; empty if nothing."""
        if answer.status != 200:
            return f"answered {status_of(answer)}"
        try:
            data = answer.json()
        except ValueError:
            return "answered no JSON"
        commit = data.get("commit") if isinstance(data, dict) else None
        return "" if names_commit(str(commit), self.commit) else f"{_NAMES}{str(commit)[:10]}"

    def _is_of_another(self, path: str, answer: HttpResponse, cache_is_right: bool = False) -> bool:
        """Whether something else answered in the web site's place, which then is the problem."""
        if who := stand_in(answer, cache_is_right):
            self.problem = not_asked(on_web(self.web, path), who)
            self.challenged = bool(challenge(answer))
        return bool(who)

    def _ask_of_before(self) -> None:
        """Ask for what browsers of before ask for; what does not answer here says nothing of the build."""
        try:
            self.worker = self.old.worker_doubt(self.web, self._get)
            self.gone = self.old.not_served(self._get)
            if self.old.page_at:
                self.unchanged = self.old.page_doubt(self.web, self._get("/"), self._get_if_newer)
        except ToolError as error:
            self.gone = f"what browsers of before get: {error}"
        self._patience = 0.0  # a deploy does not wait for what a page may load later
        try:
            # the worker is one of them
            self.missing = "" if self.worker else self.later.doubt(self.web, self._get, self.served.good.values())
        except ToolError as error:
            self.unasked = f"what the page loads later: {str(error).rstrip('.')}"

    def _get_if_newer(self, than: str) -> HttpResponse:
        # browsers that only ask again do not say that they want no cache, which some servers heed
        headers: dict[str, Text] = {**self.headers, "Cache-Control": "max-age=0", "If-Modified-Since": than}
        return self.ctx.tools.web.request(self.web, HttpRequest(path="/", headers=headers))

    def _get(self, path: Text) -> HttpResponse:
        request = HttpRequest(path=path, headers=self.headers)
        while (answer := self.ctx.tools.web.request(self.web, request)).status == LIMITED:
            if self._patience <= 0:
                raise _LimitedError(not_asked(on_web(self.web, str(path)[:_SHOWN]), LIMIT))
            wait = pause_after(answer)
            self._patience -= wait
            pause(self.ctx, wait)
        return answer


def _first(addresses: Sequence[str]) -> str:
    """The first of several, and how many more there are."""
    return joined_few([address[:_SHOWN] for address in addresses], 1)
