"""Whether a browser also gets the scripts and stylesheets that a served page names."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from commands.ports.web import HttpResponse
from commands.systems.http_answers import is_page
from commands.text.phrases import on_web
from commands.text.printable import printable

_HERE = "http://here.invalid"  # stands for the place, whose own address is not known here
_BASE = re.compile(r"<base\b[^>]{0,500}?\bhref\s*=\s*[\"']?([^\"'<>\s]+)", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i)\b(?:src|href)\s*=\s*[\"']?([^\"'<>\s]{1,500}?\.(?:m?js|css)(?:[?#][^\"'<>\s]{0,500})?)(?=[\"'<>\s])"
)
_SHOWN = 100  # characters of a path
_MOST = 20  # parts of one page


def named_parts(page: str) -> tuple[str, ...]:
    """The scripts and stylesheets that a page names, as it writes them."""
    return tuple(dict.fromkeys(_NAMED.findall(page)))[:_MOST]


def path_at_place(page: HttpResponse, part: str) -> str | None:
    """The path at the page's own place from which a browser gets this part; None if it is somewhere else."""
    base = _BASE.search(page.text)
    url = urljoin(f"{_HERE}{page.base}/", html.unescape(base[1]) if base else "")
    try:
        at = urlsplit(urljoin(url, html.unescape(part)))
    except ValueError:  # such as a port that is no number
        return None
    if f"{at.scheme}://{at.netloc}" != _HERE or not at.path.startswith(f"{page.base}/"):
        return None
    return at.path.removeprefix(page.base) + (f"?{at.query}" if at.query else "")


def is_module(page: str, part: str) -> bool:
    """Whether the page loads a script as a module: a browser runs that only with a type of JavaScript."""
    tags = re.findall(r"(?i)<script\b[^>]{0,1000}>", page)
    return any(part.lstrip("./") in tag and re.search(r"(?i)\btype\s*=\s*[\"']?module\b", tag) for tag in tags)


def part_problem(web: str, path: str, answer: HttpResponse, *, module: bool = False) -> str:
    """Why a browser cannot use this answer as the script or stylesheet at `path`, as a sentence; empty if it can."""
    shown = on_web(web, printable(path)[:_SHOWN])
    if 300 <= answer.status < 400:  # a browser follows it, and the bot does not
        return ""
    if answer.status != 200:
        rights = " Perhaps the web server may not read the file: look at its rights and its folders'."
        why = rights if answer.status == 403 else ""
        return f"{shown} answers {answer.status}, and the page needs it.{why}"
    if is_page(answer):
        kind = "stylesheet" if ".css" in path else "script"
        return f"{shown} answers with a web page in place of a {kind}: the file is not there."
    headers = {name.lower(): value.lower() for name, value in answer.headers.items()}
    sent = headers.get("content-type", "").partition(";")[0].strip()
    strict = ".css" in path or module or "nosniff" in headers.get("x-content-type-options", "")
    right = "css" if ".css" in path else "script"
    if strict and sent and right not in sent:
        return (
            f"{shown} has the type {printable(sent)[:40]}, so browsers refuse it: correct the web server's MIME types."
        )
    return ""


@dataclass
class ServedParts:
    """The parts of one served page, each asked for until it is right.

    - `good`: those that a browser gets. `elsewhere`: those that it gets from another place, which was not asked.
    """

    web: str
    parts: Sequence[str]
    good: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)

    def to_ask(self, page: HttpResponse) -> Iterator[tuple[str, str]]:
        """Each part that is not known to be right, with its path."""
        self.elsewhere.clear()
        for part in self.parts:
            path = path_at_place(page, _as_served(page.text, part))
            if path is None:
                self.elsewhere.add(part)
            elif part not in self.good:
                yield part, path


def _as_served(page: str, part: str) -> str:
    """The address of a part as the served page has it: a proxy may have written another one into it."""
    name = part.lstrip("./") or part
    found = re.search(rf"\b(?:src|href)\s*=\s*[\"']?([^\"'<>\s]*(?<![\w.~%-]){re.escape(name)})", page)
    return found[1] if found else part
