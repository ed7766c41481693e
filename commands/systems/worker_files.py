"""Whether a service worker gets the files without which browsers do not take it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from commands.ports.web import HttpResponse
from commands.systems.http_answers import field, is_page, status_of
from commands.systems.page_parts import path_at_place
from commands.text.phrases import on_web
from commands.text.printable import printable

Get = Callable[[str], HttpResponse]

# what Angular's worker and Workbox's precaching want; of other workers nothing is known
_ANGULARS, _ITS_LIST = "ngsw-worker.js", "/ngsw.json"
_LONGEST = 2_000_000  # characters of a worker that are searched
_ENTRY = re.compile(r"\{[^{}]{0,600}\}")  # such as {url:"assets/index-1a2b.js",revision:null}
_URL = re.compile(r"""[{,]\s*["']?url["']?\s*:\s*(?:"([^"\\]{1,300})"|'([^'\\]{1,300})')""")
_REVISION = re.compile(r"""[{,]\s*["']?revision["']?\s*:""")
_CODE = re.compile(r"\.(?:m?js|css)$")
_MOST = 30  # files that are asked for
_SHOWN = 100  # characters of a path
_NEEDED = "and the service worker needs it"
_SO = "so browsers that have the service worker of before go on with the build of before"


def refused(web: str, name: str, worker: HttpResponse, get: Get) -> str:
    """Why browsers do not take this service worker, as a clause; empty if nothing is known. Raises the tools' errors.

    `name` is that of its file, which `worker` has answered. The first _MOST files that it wants are asked for.
    """
    problems = _of_angular(worker, get) if name == _ANGULARS else _of_workbox(worker, f"/{name}", get)
    if problem := next(problems, None):
        path, what = problem
        return f"{on_web(web, printable(path)[:_SHOWN])} {what}, {_SO}"
    return ""


def _of_angular(worker: HttpResponse, get: Get) -> Iterator[tuple[str, str]]:
    """The files that are not as `ngsw.json` has them, and how they are: it has the SHA-1 of each."""
    answer = get(_ITS_LIST)
    if answer.status != 200:
        yield _ITS_LIST, f"answers {status_of(answer)}, {_NEEDED}"
        return
    try:
        hashes = field(answer.json(), "hashTable")
    except ValueError:
        yield _ITS_LIST, f"is not JSON, {_NEEDED}"
        return
    wanted = sorted(hashes if isinstance(hashes, dict) else {}, key=lambda url: not url.endswith("/index.html"))
    for url in wanted[:_MOST]:
        if (path := path_at_place(worker, _ITS_LIST, url)) is None:
            continue
        served = get(path)
        if served.status >= 400:
            yield path, f"answers {status_of(served)}, {_NEEDED}"
        elif served.status == 200 and served.digest and served.digest("sha1").hex() != hashes[url]:
            yield path, f"has another hash than in {_ITS_LIST} (it was changed after the build, there or on its way)"


def _of_workbox(worker: HttpResponse, at: str, get: Get) -> Iterator[tuple[str, str]]:
    """The files of a list to be kept from the start that do not come, and how they answer."""
    entries = (entry[0] for entry in _ENTRY.finditer(worker.text[:_LONGEST]))
    urls = (_URL.search(entry) for entry in entries if _REVISION.search(entry))
    paths = dict.fromkeys(path_at_place(worker, at, found[1] or found[2]) for found in urls if found)
    for path in list(filter(None, paths))[:_MOST]:
        answer = get(path)
        if answer.status >= 400:
            yield path, f"answers {status_of(answer)}, {_NEEDED}"
        elif _CODE.search(path) and is_page(answer):
            yield path, "answers with a web page, and the service worker keeps that in its place"
