"""Whether the served page names the scripts and stylesheets of the build that was published."""

from __future__ import annotations

import re

from commands.ports.web import HttpResponse
from commands.systems.http_answers import from_cache
from commands.text.phrases import on_web
from commands.text.printable import printable

# of the build's own page behind the link, at most 20; a build without one is made by its server
TELL_PARTS = """
if [ -f "$WWW/current/index.html" ]; then
  named="(src|href)=[\\"']?[^\\"'<> ]+\\.(m?js|css)[^\\"'<> ]*"
  { head -c 1000000 "$WWW/current/index.html" | tr '\\n' ' ' | grep -oiE "$named" || true; } |
    sed -E "s/^[^=]*=[\\"']?//" | awk '!seen[$0]++ && NR <= 20 { print "page_part=" $0 }'
fi"""
NOT_COMPARED = "whether the served page is this build's: its index.html names no script or stylesheet"
_PART = re.compile(r"^page_part=(.+)$", re.MULTILINE)
_SHOWN = 100  # characters of a name
# what is before the path of a name: a proxy may have put another address there
_BEFORE_PATH = re.compile(r"^([a-z][a-z0-9+.-]*:)?//[^/]*|^(\.*/)+(?=[^/])", re.IGNORECASE)


def parts_of_page(output: str) -> tuple[str, ...]:
    """What the build's own page names, as the script has printed it."""
    return tuple(_PART.findall(output))


def other_page(web: str, page: HttpResponse, parts: tuple[str, ...]) -> str:
    """Why the page that is served is not the build's, as a sentence; empty if it is, or if nothing can be told."""
    missing = [part for part in parts if not _names(page.text, part)]
    if not missing:
        return ""
    note = from_cache(page)
    cause = (
        f"A cache answered ({note})"
        if note
        else "Perhaps a cache in front answered, such as a CDN or nginx's proxy_cache"
    )
    return (
        f"{on_web(web, '/')} is not this build's page: it does not name {printable(missing[0])[:_SHOWN]}. {cause}. "
        "Purge the cache, or let it revalidate pages at each request."
    )


def _names(page: str, part: str) -> bool:
    """Whether a page names a script or style, perhaps with a CDN's address or a folder before it."""
    path = _BEFORE_PATH.sub("", part).lstrip("/") or part
    return re.search(rf"(?<![\w.~%-]){re.escape(path)}(?![\w-])", page) is not None
