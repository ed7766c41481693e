"""Scripts and stylesheets of a build that its page does not name, and may load later."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from commands.ports.web import HttpResponse
from commands.systems.page_parts import part_problem
from commands.systems.page_tags import Part
from commands.text.numbers import format_count, printed_number
from commands.text.phrases import on_web
from state.frozen import dataclass

# Defines `tell_later`: those of the release that is served now, without what its page names.
TELL_LATER = """
tell_later() {
  local top=$WWW/current one
  [ -f "$top/index.html" ] || return 0
  (cd "$top/" && find . -type f \\( -name '*.js' -o -name '*.mjs' -o -name '*.css' \\)) | LC_ALL=C sort |
    awk 'length($0) <= 200 && ++n <= 1000' | while IFS= read -r one; do
      grep -qF -- "${one##*/}" "$top/index.html" || printf '%s\\n' "${one#./}"
    done | awk '++n <= 20 { print "later=" $0 } END { if (n > 20) print "later_more=" n - 20 }'
}
"""
_LINE = re.compile(r"^later=([^\n]+)$", re.MULTILINE)
_MORE = re.compile(r"^later_more=([^\n]+)$", re.MULTILINE)
_ON_PURPOSE = frozenset({401, 403})  # what a web server keeps to itself, such as a build's server side

Get = Callable[[str], HttpResponse]


@dataclass(frozen=True)
class LaterParts:
    """The names of such files, and how many `more` there are."""

    names: tuple[str, ...] = ()
    more: int = 0

    def doubt(self, web: str, get: Get) -> str:
        """Which of them no browser gets, as a clause; empty if each is served."""
        for name in self.names:
            path = "/" + quote(name)
            answer = get(path)
            problem = part_problem(on_web(web, path), Part(name, stylesheet=name.endswith(".css")), answer)
            if problem and answer.status not in _ON_PURPOSE:
                what = problem.partition(", and the page")[0].partition(": the file")[0].rstrip(".")
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
