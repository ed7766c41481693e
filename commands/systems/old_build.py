"""What browsers still have of the build before: names of files that are gone, a service worker."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from email.utils import formatdate
from urllib.parse import quote, unquote, urlsplit

from commands.ports.web import HttpResponse
from commands.systems.kept_pages import kept_for
from commands.systems.page_parts import part_problem
from commands.systems.page_tags import Part
from commands.systems.worker_files import refused
from commands.text.numbers import format_count, printed_number
from commands.text.phrases import on_web
from commands.text.printable import printable
from state.frozen import dataclass

# Defines `tell_old FOLDER`: the scripts and stylesheets of that build that the one behind the link does not have, those
# that it has with another content, the time of its page if that is another one, and the service worker of either, by
# the names that tools give it.
TELL_OLD = """
tell_old() {
  local old=$1 new=$WWW/current/ worker one listed both
  [ -n "$old" ] && [ -d "$old/" ] || return 0
  listed=$( (cd "$old/" && find . -type f \\( -name '*.js' -o -name '*.mjs' -o -name '*.css' \\)) | LC_ALL=C sort |
    awk 'BEGIN { print "./index.html" } NR <= 5000 { print } END { if (NR > 5000) print "old_unseen=" NR - 5000 }' |
    while IFS= read -r one; do
      case $one in old_unseen=*) printf '%s\\n' "$one"; continue ;; esac
      if [ ! -e "$new$one" ]; then
        [ "$one" = ./index.html ] || printf 'gone=%s\\n' "${one#./}"
      elif [ -f "$old/$one" ] && [ -f "$new$one" ] && [ "${#one}" -le 200 ]; then printf 'both=%s\\n' "$one"; fi
    done)
  awk '
    sub(/^gone=/, "") { if (first == "" && length($0) <= 200) first = $0; gone++; next } /^old_unseen=/
    END { if (gone) printf "old_gone=%d\\nold_first=%s\\n", gone, first }' <<< "$listed"
  both=$(sed -n 's/^both=//p' <<< "$listed")
  [ -z "$both" ] || { digests "$old/"; echo; digests "$new"; } | awk '
    $0 == "" { now = 1; next } { name = substr($0, 69) } !now { before[name] = $1; next }
    name in before && before[name] != $1 { if (++n <= 20) print "other=" before[name], $1, name }
    END { if (n > 20) printf "other_more=%d\\n", n - 20 }'
  if [ -f "$old/index.html" ] && ! cmp -s "$old/index.html" "${new}index.html"; then
    printf 'old_page=%s\\n' "$(stat -c %Y "$old/index.html")"
  fi
  for worker in sw.js service-worker.js serviceWorker.js ngsw-worker.js firebase-messaging-sw.js; do
    if [ -f "$new$worker" ]; then printf 'new_worker=%s\\n' "$worker"
    elif [ -f "$old/$worker" ]; then printf 'old_worker=%s\\n' "$worker"; fi
  done
}
digests() { (cd "$1" && tr '\\n' '\\0' <<< "$both" | xargs -0 sha256sum); }
"""
_LINE = re.compile(
    r"^(old_gone|old_first|old_page|old_unseen|other_more|new_worker|old_worker)=([^\n]+)$", re.MULTILINE
)
_OTHER = re.compile(r"^other=([0-9a-f]{64}) ([0-9a-f]{64}) ([^\n]+)$", re.MULTILINE)
_SHOWN = 100  # characters of a name

Get = Callable[[str], HttpResponse]


@dataclass(frozen=True)
class OldBuild:
    """What the build before has and the one that is served has not: `gone` scripts and stylesheets, such as `first`.

    `worker`: the service worker that is served now; `old_worker`: one that only the build before has. Names or empty.
    `other`: the files that both have with another content, and the SHA-256 of each: before, and now. `more`: how many
    of these are not told. `unseen`: how many scripts and stylesheets of the build before were not looked for.
    `page_at`: the time of its page in seconds since 1970, if this one's is another page; else 0.
    """

    gone: int = 0
    first: str = ""
    worker: str = ""
    old_worker: str = ""
    other: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    more: int = 0
    unseen: int = 0
    page_at: int = 0

    def has_still(self, path: str, answer: HttpResponse) -> bool | None:
        """Whether what is served at a path is the file of the build before, though it has another content now.

        None if it is neither that file nor the new one. What both builds have alike, or not both, is not told.
        """
        name = unquote(urlsplit(path).path).lstrip("/")
        if name not in self.other or answer.digest is None:
            return False
        before, now = self.other[name]
        digest = answer.digest("sha256").hex()
        return digest == before or (False if digest == now else None)

    def not_served(self, get: Get) -> str:
        """What nobody compared of tabs that are open with the build before, as a clause; empty if they miss nothing."""
        if not self.gone or not self.first:
            return ""
        part = Part(self.first, stylesheet=self.first.endswith(".css"), module=True)
        answer = get("/" + quote(self.first))
        if not part_problem("", part, answer):
            return ""
        long, said = kept_for(answer)
        until = f"; caches may keep that answer ({answer.status}) for {long} ({said})" if long else ""
        more = f" and {format_count(self.gone - 1, 'more file')}" if self.gone > 1 else ""
        name = printable(self.first)[:_SHOWN]
        return f"whether tabs that are open go on working: {name}{more} of the build before are no longer served{until}"

    def page_doubt(self, web: str, page: HttpResponse, ask: Callable[[str], HttpResponse]) -> str:
        """Why browsers that have the page of before keep it, as a clause; empty if they do not, or nobody knows.

        `ask` asks for the page with a value of If-Modified-Since, by which browsers ask again where no ETag is sent.
        """
        headers = page.headers_by_name()
        no_store = "no-store" in headers.get("cache-control", "").lower()
        if not self.page_at or no_store or "etag" in headers or "last-modified" not in headers:
            return ""
        if ask(formatdate(self.page_at, usegmt=True)).status != 304:
            return ""
        return (
            f"{on_web(web, '/')} answers browsers that have the page of before that it has not changed (304), so they "
            "keep it: the time of its file is not newer. Let the web server send an ETag, or Cache-Control: no-store"
        )

    def not_told(self) -> str:
        """What nobody compared of what is served under a name that both builds have, as a clause, or empty."""
        if self.unseen:
            files = f"{self.unseen} more scripts and stylesheets of the build before"
            return f"whether {files} are still there, and with which content"
        files = format_count(self.more, "more file") if self.more else ""
        return (
            f"whether {files} of the same name and other content are this build's as they are served" if files else ""
        )

    def worker_doubt(self, web: str, get: Get) -> str:
        """Why browsers may go on with a service worker of before, as a clause; empty if there is none, or it is new."""
        if self.worker:
            path = "/" + quote(self.worker)
            answer = get(path)
            if problem := part_problem(on_web(web, path), Part(self.worker, module=True), answer):
                what = problem.partition(", and the page")[0].rstrip(".")
                return f"{what}, so browsers keep the service worker of before"
            long, said = kept_for(answer)
            goes_on = "caches and some browsers go on with the service worker of before"
            if long:
                return f"{on_web(web, path)} may be kept for {long} ({said}), so {goes_on}"
            return refused(web, self.worker, answer, get)
        if self.old_worker:
            return (
                f"the build before has a service worker ({self.old_worker}) and this one has none, so browsers that "
                "have it may go on showing the old build: serve one of that name that unregisters itself"
            )
        return ""


def old_build(output: str) -> OldBuild:
    """What the script has printed."""
    found = dict(_LINE.findall(output))
    return OldBuild(
        gone=printed_number(found.get("old_gone", "")),
        first=found.get("old_first", ""),
        worker=found.get("new_worker", ""),
        old_worker=found.get("old_worker", ""),
        other={name: (before, now) for before, now, name in _OTHER.findall(output) if before != now},
        more=printed_number(found.get("other_more", "")),
        page_at=printed_number(found.get("old_page", ""), 11),
        unseen=printed_number(found.get("old_unseen", "")),
    )
