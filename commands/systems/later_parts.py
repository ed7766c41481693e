"""Scripts and stylesheets of a build that its page does not name, and may load later."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import quote

from commands.ports.web import HttpResponse
from commands.systems.http_answers import leads_to
from commands.systems.page_parts import part_problem
from commands.systems.page_tags import Part
from commands.text.numbers import format_count, printed_number
from commands.text.phrases import on_web
from state.frozen import dataclass

# Defines `tell_later`: those of the release that is served now, in or below a folder of which its page names one.
TELL_LATER = """
tell_later() {
  local top=$WWW/current
  [ -f "$top/index.html" ] || return 0
  { head -c 1000000 "$top/index.html"; printf '\\n\\001\\n'; cd "$top/" &&
    find . -type f \\( -name '*.js' -o -name '*.mjs' -o -name '*.css' \\) | LC_ALL=C sort; } | LC_ALL=C awk '
    $0 == "\\001" { listed = 1; next } !listed { page = page $0 "\\n"; next } length($0) > 200 || ++n > 1000 { next }
    { last = folder = $0; sub(/.*\\//, "", last); sub(/\\/[^\\/]*$/, "", folder)
      if (index(page, substr($0, 3))) named[folder] = 1
      else if (!index(page, last)) { later[++count] = $0; of[count] = folder } }
    END {
      for (n = 1; n <= count; n++) {
        for (at = of[n]; !(at in named) && sub(/\\/[^\\/]*$/, "", at) && at != "."; ) { }
        if (!(at in named) || (at == "." && of[n] != ".")) continue
        if (++told <= 20) print "later=" substr(later[n], 3)
      }
      if (told > 20) print "later_more=" told - 20
    }'
}
"""
_LINE = re.compile(r"^later=([^\n]+)$", re.MULTILINE)
_MORE = re.compile(r"^later_more=([^\n]+)$", re.MULTILINE)
# what a web server keeps to itself, such as a build's server side, and what nginx answers to too many requests
_SAYS_NOTHING = frozenset({401, 403, 503})

Get = Callable[[str], HttpResponse]


@dataclass(frozen=True)
class LaterParts:
    """The names of such files, and how many `more` there are."""

    names: tuple[str, ...] = ()
    more: int = 0

    def doubt(self, web: str, get: Get, beside: Collection[str]) -> str:
        """Which of them no browser gets, as a clause; empty if each is served.

        `beside`: the paths of what the page names and browsers get. What lies in no folder of theirs has another
        address than its name, such as a CDN's.
        """
        folders = {path.partition("?")[0].rpartition("/")[0] for path in beside}
        for name in self.names:
            path = "/" + quote(name)
            if not any(path.rpartition("/")[0] == one or (one and path.startswith(f"{one}/")) for one in folders):
                continue
            answer = get(path)
            if answer.status in _SAYS_NOTHING or leads_to(answer):
                continue
            if problem := part_problem(on_web(web, path), Part(name, stylesheet=name.endswith(".css")), answer):
                what = problem.partition(", and the page")[0].partition(": ")[0]
                return f"{what}, though the build has that file, which its page may load later"
        return ""

    def not_told(self) -> str:
        """What nobody asked for, as a clause, or empty."""
        if not self.more:
            return ""
        return (
            f"whether {format_count(self.more, 'more script')} or stylesheets that its page may load later are served"
        )


def later_parts(output: str) -> LaterParts:
    """What the script has printed."""
    more = _MORE.search(output)
    return LaterParts(tuple(_LINE.findall(output)), printed_number(more[1]) if more else 0)
