"""Whether a browser also gets the scripts and stylesheets that a served page loads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from commands.ports.web import HttpResponse
from commands.systems.http_answers import CHALLENGE, LET_IN, LIMITED, challenge, is_page, leads_to, status_of
from commands.systems.page_integrity import fits
from commands.systems.page_policy import PagePolicy, Says, policy_of
from commands.systems.page_tags import SCRIPT_TYPE, PageTags, Part, read_tags
from commands.text.foreign_json import read_json
from commands.text.numbers import format_count
from commands.text.phrases import agree, on_web
from commands.text.printable import printable
from commands.text.redaction import HIDDEN
from state.errors import LostTrack

Get = Callable[[str], HttpResponse]

_HERE = "http://here.invalid"  # stands for a place whose own address is not known
STILL_OLD = (
    "is still the file of the build before. Perhaps a cache in front has it: purge it, and give the files names with "
    "a hash, or let caches ask again."
)
_WHY = {
    403: " Perhaps the web server may not read the file: look at its rights and its folders'.",
    LIMITED: " It is a limit on requests: let it leave out the bot's address.",
}
_NEVER_SCRIPT = re.compile(r"image/|audio/|video/|text/csv$")
_PORTS = {"http": 80, "https": 443}
_SHOWN = 100  # characters of a path
_MOST = 50  # parts of one page that are asked for
_REDIRECTS = 5  # that are followed to one part


def path_at_place(at: HttpResponse, base: str, address: str) -> str | None:
    """The path at the place of `at` from which a browser gets an address; None if that is somewhere else.

    `base` is what the address is relative to: the path of a page there, or another address.
    """
    try:
        to = urlsplit(_whole_address(at, base, address))
        same = _origin(to) == _origin(urlsplit(at.origin or _HERE))
    except ValueError:  # such as a port that is no number
        return None
    if not same or not to.path.startswith(f"{at.base}/"):
        return None
    return to.path.removeprefix(at.base) + (f"?{to.query}" if to.query else "")


def _whole_address(at: HttpResponse, base: str, address: str) -> str:
    return urljoin(urljoin(f"{at.origin or _HERE}{at.base}/", base), address)


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


def part_problem(shown: str, part: Part, answer: HttpResponse, fit: bool | None = True) -> str:
    """Why a browser cannot use this answer as the part, as a sentence that begins with `shown`; empty if it can.

    `fit`: whether it fits the `integrity` of the tag, as `page_integrity.fits` says.
    """
    if note := challenge(answer):
        return f"{shown} is answered by {CHALLENGE} ({note}): {LET_IN}."
    if answer.status != 200:
        return f"{shown} answers {status_of(answer)}, and the page needs it.{_WHY.get(answer.status, '')}"
    headers = answer.headers_by_name()
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    if other := "a web page" if is_page(answer) else _is_json(sent, answer) and "JSON":
        kind = "stylesheet" if part.stylesheet else "script"
        return f"{shown} answers with {other} in place of a {kind}: the file is not there."
    strict = part.module or "nosniff" in headers.get("x-content-type-options", "").lower()
    if part.stylesheet:
        refused = sent != "text/css" if sent else strict
    else:
        refused = not SCRIPT_TYPE.fullmatch(sent) if strict else bool(_NEVER_SCRIPT.match(sent))
    if refused:
        has = f"the type {printable(sent)[:40]}" if sent else "no type"
        return f"{shown} has {has}, so browsers refuse it: correct the web server's MIME types."
    if fit is False:
        why = "Perhaps the build or a proxy changed the file after the page was made, or a cache has another one."
        return f"{shown} does not fit the `integrity` of its tag, so browsers refuse it. {why}"
    return ""


def _is_json(sent: str, answer: HttpResponse) -> bool:
    if not sent.endswith("json"):
        return False
    try:
        read_json(answer.text)
    except ValueError:
        return False
    return True


def _of_policy(policy: PagePolicy, part: Part, page: HttpResponse, base: str) -> tuple[Says, str]:
    try:
        return policy.refuses(part, _whole_address(page, base, part.address))
    except ValueError:  # such as a port that is no number
        return "", ""


def _refused_inline(policy: PagePolicy, tags: PageTags) -> Iterator[str]:
    count, why = policy.refused_inline(tags.inline)
    if count:
        stand = agree(count, "stands", "stand")
        yield f"browsers refuse {format_count(count, 'script')} that {stand} in the page: {why}"


@dataclass
class ServedParts:
    """The parts of one served page that are `wanted`, each asked for until it is right.

    - `good`: those that a browser gets, and their paths. `elsewhere`: those that it gets from another place, which was
      not asked.
    - `too_long`: those that are served, but too long to be compared with the `integrity` of their tags.
    - `changed`: those of which nobody knows whether they are the build's, because something in front changes them.
    - `more`: how many were not asked for, because there are too many.
    - `doubts`: what the page's policies may refuse, as a clause for each; the page itself is well.
    """

    web: str
    get: Get
    wanted: Callable[[Part], bool]
    is_old: Callable[[str, HttpResponse], bool | None] = lambda _path, _answer: False
    good: dict[Part, str] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    too_long: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    more: int = 0
    doubts: list[str] = field(default_factory=list)

    def problems(self, page: HttpResponse) -> Iterator[str]:
        """Ask for each part that is not known to be right: why a browser cannot use it, or nothing if it can."""
        self.elsewhere.clear()
        self.too_long.clear()
        self.changed.clear()
        tags = read_tags(page.text)
        policy = policy_of(page, tags)
        self.doubts = list(_refused_inline(policy, tags))
        parts = list(filter(self.wanted, tags.parts))
        self.more = len(parts[_MOST:])
        for part in parts[:_MOST]:
            path = path_at_place(page, tags.base, part.address)
            says, why = _of_policy(policy, part, page, tags.base)
            if says == "perhaps refused":
                self.doubts.append(f"browsers may refuse {printable(part.address)[:_SHOWN]}: {why}")
            if says == "refused":
                yield f"{on_web(self.web, printable(path or part.address)[:_SHOWN])} is refused by browsers: {why}."
            elif path is None or HIDDEN in path:  # without its secret, as in `?token=…`, it is another address
                self.elsewhere.add(part.address)
            elif part not in self.good:
                yield self._problem(part, path)

    def _problem(self, part: Part, path: str) -> str:
        shown, at = on_web(self.web, printable(path)[:_SHOWN]), path
        for _ in range(_REDIRECTS):
            try:
                answer = self.get(at)
            except LostTrack as error:  # it is cut off, or takes too long
                return f"{str(error).rstrip('.')}, and the page needs it."
            if not (location := leads_to(answer)):
                fit = fits(part.integrity, answer)
                is_old = self.is_old(at, answer)
                problem = part_problem(shown, part, answer, fit) or (f"{shown} {STILL_OLD}" if is_old else "")
                if not problem and is_old is None:
                    self.changed.add(part.address)
                elif not problem and fit is None:
                    self.too_long.add(part.address)
                elif not problem:
                    self.good[part] = path
                return problem
            to = path_at_place(answer, answer.base + at, location)
            if to is None or HIDDEN in to:
                self.elsewhere.add(part.address if to is None else to)
                return ""
            at = to
            shown = f"{on_web(self.web, printable(path)[:_SHOWN])} leads to {printable(at)[:_SHOWN]}, which"
        return f"{on_web(self.web, printable(path)[:_SHOWN])} leads on and on, so no browser gets it."
