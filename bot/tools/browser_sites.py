"""Which hosts are of one site, as the browser knows it, which has the list of public suffixes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# a page of this host may set a cookie for a domain of its own, and for none above it (.co.uk, .vercel.app, .com)
_MAY_SHARE = """domain => {
  document.cookie = `shared=1; domain=${domain}`
  return document.cookie.includes('shared=1')
}"""


class Sites:
    """Asks a browser, in a session of its own, whose only page comes from here: nothing is requested."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._known: dict[tuple[str, str], bool] = {}

    def are_one(self, host: str, other: str) -> bool:
        """Whether two hosts are of one site: cdn.shop.example and shop.example; not a.co.uk and b.co.uk."""
        host, other = (one.lower().rstrip(".") for one in (host, other))
        if host == other or re.fullmatch(r"[\d.]+|.*:.*", host):
            return host == other
        domain = _shared_end(host, other)
        if "." not in domain:
            return False
        if (host, domain) not in self._known:
            self._known[host, domain] = self._may_share(host, domain)
        return self._known[host, domain]

    def _may_share(self, host: str, domain: str) -> bool:
        if self._page is None:
            self._page = self._browser.new_context().new_page()
            self._page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        self._page.context.clear_cookies()
        self._page.goto(f"https://{host}/")
        return bool(self._page.evaluate(_MAY_SHARE, domain))


def _shared_end(host: str, other: str) -> str:
    """The names that two hosts have in common at their end."""
    shared: list[str] = []
    for one, two in zip(reversed(host.split(".")), reversed(other.split(".")), strict=False):
        if one != two:
            break
        shared.insert(0, one)
    return ".".join(shared)
