"""The browser tool: a real headless Chromium through Playwright, started for each visit."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.tools.browser_reports import LONGEST_NOTE, Heard
from bot.tools.browser_sites import Sites
from bot.tools.browser_texts import covered_by, field_named, is_in_a_frame, is_visible, thing_named
from bot.tools.browser_trust import trust_flags
from bot.tools.page_texts import header, resolve, url_path
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Act, BrowserResult, Visit
from commands.ports.web import USER_AGENT
from state.errors import Failed, Unreachable

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LEAST = 1.0  # seconds that each act has at least
_BUSY = 10  # seconds for which a page may leave no time to what is asked of it
_SETTLES = 5.0  # seconds at most for which a page may go on loading what makes its buttons work, in all
# text, or a thing with a size, which what only counts visitors has not; what a web component shows is not known
_SHOWS_SOMETHING = """() => {
  const root = document.body || document.documentElement
  if (!root) return false
  if ((root.innerText ?? root.textContent).trim()) return true
  const content = (one, part) => getComputedStyle(one, part).content.replace(/^(none|normal)$/, '')
  const shows = 'img,svg,picture,canvas,video,iframe,frame,object,embed,input,button,select,textarea'
  return [...document.querySelectorAll('*')].some(one => {
    const box = one.getBoundingClientRect()
    if (box.width < 2 || box.height < 2) return false
    const own = one.matches(shows) || one.shadowRoot || one.localName.includes('-')
    if (own || getComputedStyle(one).backgroundImage.includes('url(')) return true
    return ['::before', '::after'].some(part => /[^" ]/.test(content(one, part)))
  })
}"""
_COULD_NOT = {
    "fill": "could not be filled: there is no such field that can be typed into",
    "click": "could not be clicked: there is no such thing, or something covers it",
    "wait": "did not become visible",
}
_IN_A_FRAME = "is in a frame of the page, where nothing is clicked or filled: let `open` open what the frame shows"
FLAGS = (
    # by itself Chromium takes the proxy of the bot's environment, and no other look at a place does
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumBrowser:
    """`commands.ports.browser.Browser`; works in any thread that has no event loop."""

    def __init__(
        self,
        webs: Mapping[str, WebPlace],
        environ: Mapping[str, str],
        redact: Redactor,
        program: str = "",
        *,
        confined: bool = False,
    ) -> None:
        """With `confined` a page, its links and its redirects reach no other origins than those of the places."""
        self._confined = confined
        self._program = program
        self._webs = webs
        self._environ = environ
        self._redact = redact

    def unavailable(self) -> str | None:
        """See `commands.ports.browser.Browser.unavailable`."""
        if importlib.util.find_spec("playwright") is None:
            return "the package playwright is not installed (pip install 'gonogo[browser]')"
        if self._executable() is None:
            return "no Chromium is installed (apt-get install chromium, or set GONOGO_BROWSER to one)"
        return None

    def launch_error(self) -> str | None:
        """See `commands.ports.browser.Browser.launch_error`."""
        from playwright.sync_api import Error, sync_playwright

        try:
            with sync_playwright() as playwright:
                playwright.chromium.launch(executable_path=self._executable(), args=_flags(), timeout=10_000).close()
        except Error as error:
            return self._redact(error.message.splitlines()[0])[:200]
        return None

    def visit(self, place: str, visit: Visit) -> BrowserResult:
        """See `commands.ports.browser.Browser.visit`."""
        if why := self.unavailable():
            raise Unreachable(f"This machine has no browser: {why}.")
        from playwright.sync_api import Error, sync_playwright

        url = resolve(self._webs[place].url, self._environ).rstrip("/") + url_path(visit.path, self._environ)
        headers = {name: header(name, value, self._environ) for name, value in visit.headers.items()}
        try:
            with sync_playwright() as playwright:
                flags = [*_flags(), *trust_flags(self._own_origins()), *self._confining_flags()]
                browser = playwright.chromium.launch(executable_path=self._executable(), args=flags)
                try:
                    page = browser.new_context(user_agent=_agent(browser.version)).new_page()
                    _send_to_own_origin(page, url, headers, self._own_origins() if self._confined else None)
                    return self._check(page, place, url, visit, Sites(browser))
                finally:
                    browser.close()
        except Error as error:
            reason = self._redact(error.message.splitlines()[0])
            raise Failed(f"The browser could not open {visit.path} of “{place}”: {reason}") from None

    def _check(self, page: Page, place: str, url: str, visit: Visit, sites: Sites) -> BrowserResult:
        heard = Heard(page, acting=bool(visit.acts))
        until = time.monotonic() + visit.limit
        _open(page, url, visit.limit, visit.limit / 2 if visit.acts else visit.limit)
        stuck, patience = "", min(visit.limit / 4, _SETTLES)
        for act in visit.acts:
            patience -= _settle(page, patience)
            seconds = max(min(until - time.monotonic(), visit.limit / 3), _LEAST)
            if stuck := self._stuck(page, place, act, seconds * 1000):
                break
        heard.acting = False
        wait = visit.limit * 1000 / 3
        missing = () if stuck else tuple(text for text in visit.sees if not is_visible(page, text, wait))
        if not (stuck or visit.sees) and _is_blank(page, wait):
            stuck = "the page shows nothing: no text, no picture and no control"
        if not _responds(page):
            why = f"the page does not respond within {_BUSY} s; perhaps one of its scripts never ends"
            raise Failed(f"The browser could not judge {visit.path} of “{place}”: {why}.")
        title = self._redact(page.title())[:LONGEST_NOTE]
        covers = {text: covered_by(page, text) for text in visit.sees if text not in missing and not stuck}
        tabs = [tab.url for tab in page.context.pages if tab is not page]
        heard.look_for_silence()
        told = heard.told(self._redact, {host for _, host, _ in self._own_origins() if host}, sites)
        return BrowserResult(
            title=title,
            missing=missing,
            console=tuple(told.console.texts),
            bad_answers=tuple(told.bad.texts),
            elsewhere=tuple(told.elsewhere.texts),
            limited=tuple(told.limited.texts),
            remarks=tuple(told.remarks.texts),
            asked=tuple(self._redact(text)[:LONGEST_NOTE] for text in heard.asked),
            covered={text: self._redact(cover) for text, cover in covers.items() if cover},
            tabs=tuple(self._redact(f"{urlsplit(url).hostname or ''}{urlsplit(url).path}") for url in tabs),
            pause=told.pause,
            stuck=stuck,
        )

    def _stuck(self, page: Page, place: str, act: Act, timeout: float) -> str:
        """Do one act, within so many ms. Returns why it could not be done, as a clause without any value."""
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        base = resolve(self._webs[place].url, self._environ).rstrip("/")
        if act.kind == "open":
            _open(page, base + url_path(act.target, self._environ), timeout / 1000, timeout / 1000)
            return ""
        name = str(act.target)
        value = resolve(act.value, self._environ)
        if act.kind == "fill" and value != str(act.value) and _origin(page.url) not in self._own_origins():
            site = urlsplit(page.url).hostname or "?"
            return f"“{name}” stands on {site}, which is no web place of this page, so no variable was typed there"
        try:
            if act.kind == "fill":
                field_named(page, name).fill(value, timeout=timeout)
            elif act.kind == "click":
                thing_named(page, name).click(timeout=timeout)
            elif not is_visible(page, name, timeout):
                return f"“{name}” {_COULD_NOT[act.kind]}"
        except PlaywrightTimeout:
            why = _IN_A_FRAME if page.frames[1:] and is_in_a_frame(page, name) else _COULD_NOT[act.kind]
            return f"“{name}” {why}"
        return ""

    def _confining_flags(self) -> list[str]:
        if not self._confined:
            return []
        hosts = sorted({host for _, host, _ in self._own_origins() if host})
        return [f"--host-resolver-rules=MAP * ~NOTFOUND{''.join(f', EXCLUDE {host}' for host in hosts)}"]

    def _own_origins(self) -> set[tuple[str, str | None, int | None]]:
        return {_origin(resolve(web.url, self._environ)) for web in self._webs.values()}

    def _executable(self) -> str | None:
        return self._program or find_browser()


def _open(page: Page, url: str, seconds: float, load: float) -> None:
    """Open a page within so many seconds, and wait `load` until all has loaded: what hangs may be no matter.

    Raises Playwright's Error if the page itself does not come.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    until = time.monotonic() + load
    page.goto(url, timeout=seconds * 1000, wait_until="commit")
    with suppress(PlaywrightTimeout):
        page.wait_for_load_state("load", timeout=max(until - time.monotonic(), 0.001) * 1000)


def _settle(page: Page, seconds: float) -> float:
    """Wait until a page has loaded nothing for half a second, and return the seconds that this took.

    A page that the server wrote shows its buttons before the scripts are there that make them work.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    began = time.monotonic()
    if seconds > 0:
        with suppress(PlaywrightTimeout):
            page.wait_for_load_state("networkidle", timeout=seconds * 1000)
    return time.monotonic() - began


def _is_blank(page: Page, timeout: float) -> bool:
    """Whether a page goes on showing nothing for so many ms, as a single-page application that has given up does."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        page.wait_for_function(_SHOWS_SOMETHING, polling=100, timeout=timeout)
    except PlaywrightTimeout:
        return True
    return False


def _responds(page: Page) -> bool:
    """Whether a script can be run in the page: what is asked of it otherwise has no limit of time."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        page.wait_for_function("true", polling=100, timeout=_BUSY * 1000)
    except PlaywrightTimeout:
        return False
    return True


def _send_to_own_origin(
    page: Page, url: str, headers: Mapping[str, str], only: Collection[tuple[str, str | None, int | None]] | None
) -> None:
    """Send the headers, which may hold a token, with the page's requests to the URL's own origin, and to no other.

    Requests to other origins than `only` are refused, also those of a redirect.

    Playwright's own headers go to every origin, and those of its routes along with each redirect.
    """
    from playwright.sync_api import Error

    if not headers and only is None:
        return
    session, own, names = page.context.new_cdp_session(page), _origin(url), {name.lower() for name in headers}

    def go_on(event: dict[str, Any]) -> None:
        with suppress(Error):  # of a request that its page has dropped meanwhile
            if only is not None and _origin(event["request"]["url"]) not in only:
                session.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"})
                return
            paused: dict[str, Any] = {"requestId": event["requestId"]}
            if _origin(event["request"]["url"]) == own:
                others = {k: v for k, v in event["request"]["headers"].items() if k.lower() not in names}
                paused["headers"] = [{"name": k, "value": v} for k, v in {**others, **headers}.items()]
            session.send("Fetch.continueRequest", paused)

    session.on("Fetch.requestPaused", go_on)
    session.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """The scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _agent(version: str) -> str:
    """How the browser names itself: as that of a person, because pages leave out for others what people get.

    The bot's own name at the end marks its requests in a web server's log.
    """
    chrome = f"Chrome/{version.partition('.')[0]}.0.0.0 Safari/537.36"
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {chrome} {USER_AGENT}"


def _flags() -> list[str]:
    return [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else list(FLAGS)


def find_browser() -> str | None:
    """The path of the machine's own Chromium, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)
