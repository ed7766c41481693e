"""Whether the served page names the scripts and stylesheets of the build that was published."""

from __future__ import annotations

import re

from commands.ports.web import HttpResponse
from commands.systems.http_answers import from_cache
from commands.systems.page_tags import Part, read_tags
from commands.text.phrases import on_web
from commands.text.printable import printable
from state.frozen import dataclass

# The tags of the build's own page behind the link, without comments; a build without one is made by its server.
# There is room for 50 in what is kept of a job's output.
TELL_PARTS = """
if [ -f "$WWW/current/index.html" ]; then
  { head -c 1000000 "$WWW/current/index.html" | tr '\\n\\r' '  ' | sed 's/-->/\\n/g' | sed 's/<!--.*//' |
    grep -oiE '<(script|link)[[:space:]/][^>]{0,600}>' || true; } |
    awk '!seen[$0]++ && ++n <= 50 { print "page_tag=" $0 } END { print "page_more=" (n > 50 ? n - 50 : 0) }'
fi"""
NOT_COMPARED = "whether the served page is this build's: its index.html names no script or stylesheet"
_TAG = re.compile(r"^page_tag=(.+)$", re.MULTILINE)
_MORE = re.compile(r"^page_more=([0-9]{1,6})$", re.MULTILINE)
_SHOWN = 100  # characters of a name
# what is before the path of a name: a proxy may have put another address there
_BEFORE_PATH = re.compile(r"^([a-z][a-z0-9+.-]*:)?//[^/]*|^(\.*/)+(?=[^/])", re.IGNORECASE)


@dataclass(frozen=True)
class BuiltPage:
    """What the build's own page loads, and how many more tags it has that the host did not tell."""

    parts: tuple[Part, ...]
    more: int = 0


def page_of_build(output: str) -> BuiltPage:
    """The build's own page, as the script has printed it."""
    more = _MORE.search(output)
    parts = dict.fromkeys(part for tag in _TAG.findall(output) for part in read_tags(tag).parts)
    return BuiltPage(tuple(parts), int(more[1]) if more else 0)


def other_page(web: str, page: HttpResponse, built: BuiltPage) -> str:
    """Why the page that is served is not the build's, as a sentence; empty if it is, or if nothing can be told."""
    served = [part.address for part in read_tags(page.text).parts]
    missing = [part for part in built.parts if not any(names(text, part) for text in (page.text, *served))]
    if not missing:
        return ""
    note = from_cache(page)
    cause = (
        f"A cache answered ({note})"
        if note
        else "Perhaps a cache in front answered, such as a CDN or nginx's proxy_cache"
    )
    return (
        f"{on_web(web, '/')} is not this build's page: it does not name {printable(missing[0].address)[:_SHOWN]}. "
        f"{cause}. Purge the cache, or let it revalidate pages at each request."
    )


def names(text: str, part: Part) -> bool:
    """Whether a text names a part of a page, perhaps with a CDN's address or a folder before it."""
    path = _BEFORE_PATH.sub("", part.address).lstrip("/") or part.address
    return re.search(rf"(?<![\w.~%-]){re.escape(path)}(?![\w-])", text) is not None
