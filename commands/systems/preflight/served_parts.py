"""Preflight: whether a browser gets the scripts and stylesheets of the page that is served now."""

from __future__ import annotations

from commands.ports.page_text import PLACEHOLDER, PageText
from commands.ports.preflight import PreflightContext, PreflightResult, passed, warned
from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.kept_pages import GO_ON, REVALIDATE, kept_page
from commands.systems.page_parts import ServedParts
from state.errors import ToolError
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class ServedPartsCheck:
    """Asks for the page and what it names, within the seconds that the preflight has for advice."""

    web: str
    headers: tuple[tuple[str, str], ...] = ()
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The web place."""
        return ("webs", self.web)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask. What does not answer in time is left out: whether the place answers at all is another check."""
        if any(PLACEHOLDER.search(text) for pair in self.headers for text in pair):
            return []
        clock, headers = ctx.tools.clock, {name: PageText(text) for name, text in self.headers}
        until = clock.monotonic() + ctx.seconds_for_advice

        def get(path: str) -> HttpResponse:
            left = max(until - clock.monotonic(), 0.1)
            return ctx.tools.web.request(self.web, HttpRequest(path=path, headers=dict(headers), limit=left))

        try:
            page = get("/")
            parts, asked, in_time = ServedParts(self.web, get, lambda _: True), [], True
            for problem in parts.problems(page) if page.status == 200 else ():
                if not (in_time := clock.monotonic() < until):
                    break
                asked.append(problem)
        except ToolError:
            return []
        todo = "correct the page or the file: `publish` fails where a new build's page names what is not served"
        bad = list(filter(None, asked))
        found = warned(f"now {bad[0].rstrip('.')}", todo) if bad else []
        for doubt in parts.doubts:
            found += warned(f"now {doubt}", "correct the policy that the web server sends, or the page")
        if kept := page.status == 200 and kept_page(self.web, page, by_age=True):
            found += warned(f"{kept}, so after a deploy {GO_ON}", REVALIDATE)
        if found:
            return found
        which = (
            "the" if in_time and not (parts.more or parts.elsewhere or parts.too_long) else f"{len(parts.good)} of the"
        )
        what = f"{which} scripts and stylesheets of the page that is served now can be loaded"
        return passed(what) if parts.good else []
