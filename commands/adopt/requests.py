"""What a curl becomes: a request whose answer is checked."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from commands.adopt.found import Found, Step, options
from commands.adopt.scene import Scene
from commands.text.foreign_json import read_json

_VALUES = (
    "-X -H -d -m -o -w -u -A --request --header --data --data-raw --max-time --connect-timeout --retry --json --url"
)
_KNOWN = {
    *("-X", "-H", "-d", "-s", "-S", "-f", "-i", "-I", "-L", "-m", "-v", "-k", "-o", "-w"),
    *("--request", "--header", "--data", "--data-raw", "--max-time", "--connect-timeout", "--retry", "--json"),
    *("--silent", "--show-error", "--fail", "--include", "--head", "--location", "--url", "--verbose"),
}
_URL = re.compile(
    r"(?:https?://[^\s$<>{}]+|\$\{?[A-Z][A-Z0-9_]*\}?(?:/\S*)?|localhost(?::\d+)?(?:/\S*)?)$|https?://\S+$"
)
_PAIR = re.compile(r"""["']?(\w[\w.]*)["']?\s*:\s*("[^"]*"|'[^']*'|<\w+>|true\b|false\b|-?\d+(?:\.\d+)?)""")
_LEFT_OPEN = re.compile(r"""["']?\s*(?:\.{2,}|…)\s*["']?""")  # `"..."`, in the place of a value
_SHOWS = re.compile(r"wc -\w+|head( -\S+)*|jq( \.)?|python3? -m json\.tool")
_STATUS = re.compile(r"(?:HTTP\S*\s*)?\b([1-5]\d\d)\b")
_PAGE = re.compile(r"doctype|\bhtml\b", re.IGNORECASE)
_SENT_ON_CREATION = [200, 201, 202]


def http(step: Step, scene: Scene) -> Found | None:
    """A request of which only the answer is looked at."""
    given, rest = options(step.words[1:], _VALUES)
    urls = rest + given.get("--url", [])
    piped = [" ".join(one.words) for one in step.command.into]
    if (
        set(given.get("-o", [])) - {"/dev/null"}
        or set(given) - _KNOWN
        or len(urls) != 1
        or not _URL.match(urls[0])
        or step.command.writes
        or step.command.reads
    ):
        return None
    searched = [text for text in piped if not _SHOWS.fullmatch(text)]
    if not all(re.match(r"e?grep ", text) and _PAGE.search(text) for text in searched):
        return None
    body = _body(given)
    method = (given.get("-X") or given.get("--request") or ["HEAD" if "-I" in given else "POST" if body else "GET"])[0]
    if body is _UNREADABLE or method.upper() not in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}:
        return None
    headers = dict(_header(text) for text in given.get("-H", []) + given.get("--header", []))
    headers = {name: text for name, text in headers.items() if name.lower() not in {"content-type", "accept"}}
    fields: dict[str, Any] = {"web": scene.places.web(urls[0], step.line), "path": _path(urls[0])}
    fields |= {"method": method.upper()} if method.upper() != "GET" else {}
    fields |= {"headers": headers} if headers else {}
    fields |= {"json": body} if body is not None else {}
    fields |= _expected([*searched, *step.expects])
    if method.upper() not in {"GET", "HEAD"} and "status" not in fields:
        fields["status"] = _SENT_ON_CREATION
        scene.notes.assume(step.line, "the runbook does not say which status is right; 200, 201 and 202 count")
    why = "curl ends with 0 on an error page, and can wait forever; the status counts"
    return Found(kind="http", fields=fields, why=why + (", and what the runbook expects" if step.expects else ""))


_UNREADABLE = object()


def _body(given: dict[str, list[str]]) -> Any:
    """The JSON body; None without one."""
    data = [text for name in ("-d", "--data", "--data-raw", "--json") for text in given.get(name, [])]
    if not data:
        return None
    try:
        body = read_json(data[0]) if len(data) == 1 else _UNREADABLE
    except ValueError:
        return _UNREADABLE
    return body if isinstance(body, dict | list) and "null" not in json.dumps(body) else _UNREADABLE


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), re.sub(r"\$\{([A-Z][A-Z0-9_]*)\}", r"$\1", value.strip())


def _path(url: str) -> str:
    return re.sub(r"<([A-Za-z][\w.-]*)>", lambda blank: f"<{_value_name(blank[1])}>", _path_of(url))


def _value_name(blank: str) -> str:
    """A name in angle brackets as a page writes the name of a value: `jobId` is `job_id`."""
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", blank)).lower()


def _path_of(url: str) -> str:
    if match := re.match(r"\$\{?\w+\}?", url):
        return url[match.end() :] or "/"
    parts = urlsplit(url if "//" in url else f"http://{url}")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _expected(texts: list[str]) -> dict[str, Any]:
    pairs = [pair for one in texts for pair in _PAIR.findall(one)]
    expect = {name: _value(text) for name, text in pairs if not _LEFT_OPEN.fullmatch(text)}
    fields: dict[str, Any] = {}
    if isinstance(expect.get("status"), int):
        fields["status"] = expect.pop("status")
    fields |= {"expect": expect} if expect else {}
    plain = [one for one in texts if not _PAIR.search(one)]
    if status := next((match[1] for one in plain if (match := _STATUS.search(one))), ""):
        fields["status"] = int(status)
    if not expect and any(map(_PAGE.search, plain)):
        fields["answers"] = "page"
    return fields


def _value(text: str) -> Any:
    if text.startswith("<"):
        return "<number>" if "num" in text or "id" in text else "<text>"
    if text[:1] in "\"'":
        return text[1:-1]
    return read_json(text)
