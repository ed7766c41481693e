"""Files of a release that are links out of it, as builds of Bazel and Nix have them."""

from __future__ import annotations

import re

from commands.text.numbers import format_count, printed_number
from commands.text.printable import printable

# Defines `tell_linked`: of the release that is served now. A folder of uploads that all releases share is no such file.
TELL_LINKED = """
tell_linked() {
  local top one to
  top=$(cd "$WWW/current/" && pwd -P) || return 0
  find "$top" -type l | LC_ALL=C sort | awk 'NR <= 2000' | while IFS= read -r one; do
    to=$(readlink -f "$one") || continue
    case $to in "$top"/*) ;; *) [ ! -f "$to" ] || printf '%s\\n' "${one#"$top"/}" ;; esac
  done | awk 'first == "" && length($0) <= 200 { first = $0 }
    { n++ } END { if (n) printf "linked=%d\\nlinked_first=%s\\n", n, first }'
}
"""
_LINE = re.compile(r"^(linked|linked_first)=([^\n]+)$", re.MULTILINE)
_SHOWN = 100  # characters of a name


def linked_files(output: str) -> str:
    """What such files mean, as a clause, by what the script has printed; empty if there are none."""
    said = dict(_LINE.findall(output))
    count = printed_number(said.get("linked", "0"))
    if not count or "linked_first" not in said:
        return ""
    more = f" (and {format_count(count - 1, 'more file')})" if count > 1 else ""
    return (
        f"{printable(said['linked_first'])[:_SHOWN]}{more} is a link that leads out of the release, so what the next "
        "build or a cleaned cache changes there is served at once, and by a rollback too: let the build copy its files"
    )
