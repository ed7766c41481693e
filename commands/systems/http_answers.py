"""Checks an HTTP response: JSON, a list, an object or a web page, and its fields."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from commands.ports.web import HttpResponse
from commands.text.json_words import json_words
from commands.text.printable import printable
from commands.text.redaction import HIDDEN, masked_json
from commands.text.same_json import same_json

CHALLENGE = "a challenge for browsers"
LIMITED = 429  # the status of an answer of a limit on requests, which says nothing of the service behind it
LIMIT = f"a limit on requests ({LIMITED})"
LET_IN = "let the protection in front pass the bot's requests, by its address or a header"

Shape = Literal["json", "list", "object", "page"]
SHAPES: dict[str, str] = {"json": "JSON", "list": "a JSON list", "object": "a JSON object", "page": "an HTML page"}
_TYPES: dict[str, type] = {"list": list, "object": dict}
_PACKED = re.compile("\x1f[\x8b\ufffd]\x08")  # how gzip begins, as text
_SPACE = re.compile(r"\s*")
_FIRST_TAG = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_FOR_PROGRAMS = re.compile(  # not `up`, which Rails answers with a page
    r"/(?:health(?:z|[-_]?check)?|live(?:z|ness)?|ready(?:z)?|readiness|ping|status|version|metrics|graphql)/?(?:\?|$)",
    re.IGNORECASE,
)
_API_PATH = re.compile(r"(?:^|/)api(?:/|\?|$)")
# "HIT", "TCP_MEM_HIT", "Hit from cloudfront", "STALE"; not "RefreshHit" or "REVALIDATED", which asked the service. One
# that asked and got no answer (TCP_REFRESH_FAIL_HIT) gives what it had
_HIT = re.compile(
    r"(?<![\w=-])(?:(?:TCP_)?(?:(?!REFRESH)[A-Z]+_)*HIT|(?:TCP_)?REFRESH_FAIL(?:_HIT|_OLD)?|STALE|UPDATING|PRERENDER)"
    r"(?![\w-])",
    re.IGNORECASE,
)
# headers with a form of their own: HTTP's warnings of a stale answer, Varnish's second number, Rack's trace, …
_OWN_FORM = {
    "age": re.compile(r"^\s*0*[1-9][0-9]{0,9}\s*$"),
    "warning": re.compile(r"^\s*11[0-3]\b"),
    "x-varnish": re.compile(r"^\s*[0-9]+\s+[0-9]"),
    "x-rack-cache": re.compile(r"^\s*fresh\b"),
    "x-cache-hits": re.compile(r"[1-9]"),
    "server-timing": re.compile(r"cache[\w-]*\s?;\s?desc=\"?(?:HIT|STALE)\b", re.IGNORECASE),
}
_NO_ANSWER = ("cache-control", "x-cache-lookup")  # headers that do not say where this answer came from
# headers by which what protects a web site says that it answered a program itself, and with what
CHALLENGES = {
    "cf-mitigated": re.compile(r"challenge", re.IGNORECASE),
    "x-amzn-waf-action": re.compile(r"challenge|captcha", re.IGNORECASE),
    "x-vercel-mitigated": re.compile(r"challenge|deny", re.IGNORECASE),
    "x-sucuri-block": re.compile(r"(?!(?:0|none|no|false)$)\S.*", re.IGNORECASE),
    "x-datadome": re.compile(r"protected", re.IGNORECASE),
}
_ALSO_ON_OTHERS = ("x-datadome",)  # stands on the service's own answers, too; a challenge has one of these
_OF_CHALLENGES = (401, 403)
_LONGEST_HEADER = 500  # characters of a header that are read
_LONGEST_PLACE = 80  # characters of an address to which a redirect leads
_WAIT, _LONGEST_WAIT = 5.0, 60.0  # seconds that a limit on requests is waited for, without its word and at most
_LONGEST_NOTE = 60  # characters of a header that a message shows
# fields in which an answer says how it went or how the service is, and what they say if that is bad
_OWN_STATUS = ("status", "state", "health", "result")
_BAD_STATUS = ("error", "fail", "failed", "failure", "down", "unhealthy", "critical", "out_of_service", "red")
_OWN_YES = ("ok", "success", "healthy")
_OWN_ERROR = ("error", "errors")


def is_api(path: str) -> bool:
    """Whether a path is an API's by its name. A web page is never a valid answer there."""
    return _API_PATH.search(path) is not None


def is_for_programs(path: str) -> bool:
    """Whether a path is one that programs ask, by its name, so that a web page is an unlikely answer there."""
    return _FOR_PROGRAMS.search(path) is not None


def shape_error(answer: HttpResponse, shape: Shape, entries: str = ".") -> str:
    """What is wrong with the shape of an answer, as a sentence; empty if it is right. A list may be at a field."""
    page = is_page(answer)
    if shape == "page":
        return "" if page else "The answer is not an HTML page."
    try:
        data = answer.json()
    except ValueError:
        if _PACKED.match(answer.text):
            return "The answer is packed by gzip and does not say so, or twice: look at its Content-Encoding."
        return f"The answer is a web page instead of {SHAPES[shape]}." if page else "The answer is not JSON."
    if shape == "list" and entries != ".":
        return "" if isinstance(field(data, entries), list) else f"The answer has no list in its field `{entries}`."
    return "" if isinstance(data, _TYPES.get(shape, object)) else f"The answer is not {SHAPES[shape]}."


def is_page(answer: HttpResponse) -> bool:
    """Whether an answer is a web page: a log-in, a proxy or a single-page application returns one for any path."""
    text = answer.text.lstrip("\ufeff")
    at = _behind_space(text, 0)
    while text.startswith("<!--", at) and (end := text.find("-->", at)) >= 0:
        at = _behind_space(text, end + 3)
    return _FIRST_TAG.match(text, at) is not None


def _behind_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def leads_to(answer: HttpResponse) -> str:
    """Where a redirect leads, as it says it: an address, or a path from its own; empty if the answer is none."""
    return answer.headers_by_name().get("location", "") if 300 <= answer.status < 400 else ""


def status_of(answer: HttpResponse) -> str:
    """The status, and where a redirect leads: "302 (to /login)". Without the query, which may hold a secret."""
    if not (place := leads_to(answer)):
        return str(answer.status)
    before_query = re.split(r"[?#;&]", place, maxsplit=1)[0]
    address = re.sub(r"^([\w+.-]+:)?[/\\]+[^/\\]*@", r"\1//", before_query)
    return f"{answer.status} (to {printable(address)[:_LONGEST_PLACE]})"


def own_verdict(answer: HttpResponse) -> str:
    """What a JSON answer that is right by its status says of itself, as "`status` = “DOWN”"; empty if nothing bad.

    GraphQL and many APIs answer 200 with an error inside, and many health addresses with a status.
    """
    try:
        data = answer.json() if 200 <= answer.status < 300 else None
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    for name, value in data.items():
        known = str(name).lower()
        if known in _OWN_STATUS and isinstance(value, str) and value.lower() in _BAD_STATUS:
            return f"`{known}` = “{value}”"
        if known in _OWN_YES and value is False:
            return f"`{known}` = false"
        if known in _OWN_ERROR and value and isinstance(value, str | list | dict | bool):
            return f"an `{known}`"
    return ""


def from_cache(answer: HttpResponse) -> str:
    """The header that says that a cache gave this answer, without asking the service; empty if none does."""
    for name, value in answer.headers.items():
        known = name.lower()
        of_cache = "cache" in known and known not in _NO_ANSWER
        form = _OWN_FORM.get(known) or (_HIT if of_cache else None)
        if form and form.search(value[:_LONGEST_HEADER]):
            return f"{name}: {value}"[:_LONGEST_NOTE]
    return ""


def challenge(answer: HttpResponse) -> str:
    """The header by which a protection in front says that it wants to see a browser or a person; empty if none does."""
    for name, value in answer.headers.items():
        form = CHALLENGES.get(name.lower())
        if (
            form
            and form.fullmatch(value[:_LONGEST_HEADER].strip())
            and (answer.status in _OF_CHALLENGES or name.lower() not in _ALSO_ON_OTHERS)
        ):
            return f"{name}: {value}"[:_LONGEST_NOTE]
    return ""


def stand_in(answer: HttpResponse, cache_is_right: bool = False, limit_is_right: bool = False) -> str:
    """What answered in the service's place, as "a cache (Age: 9)"; empty if the service did, for all that is known."""
    if note := challenge(answer):
        return f"{CHALLENGE} ({note})"
    if answer.status == LIMITED and not limit_is_right:
        return LIMIT
    note = "" if cache_is_right else from_cache(answer)
    return f"a cache ({note})" if note else ""


def wait_asked_for(retry_after: str) -> float:
    """The seconds after which a limit on requests lets one pass again, as this header says; at most a minute."""
    said = retry_after.strip()
    return min(max(float(said), 1.0), _LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,6}", said) else _WAIT


def not_asked(address: str, who: str) -> str:
    """The sentence about an answer that something else gave; `who` is of `stand_in`."""
    todo = "Let no cache answer it."
    if who.startswith(CHALLENGE):
        todo = f"{LET_IN[0].upper()}{LET_IN[1:]}."
    if who == LIMIT:
        todo = "Let the limit leave out the bot's address, or this path."
    return f"{address} is answered by {who}, so the service itself was not asked. {todo}"


def field_errors(data: Any, expected: Mapping[str, Any]) -> list[str]:
    """A sentence for each JSON field that is not as expected, without secrets."""
    visible = masked_json(data)
    return [
        f"{path} is {_quoted(field(visible, path))} instead of {_quoted(value)}."
        for path, value in expected.items()
        if not _matches(field(data, path), value)
    ]


def _quoted(value: Any) -> str:
    if value is None:
        return "missing or null"
    return repr(value) if isinstance(value, str) else json_words(value)


def holds_secret(data: Any, path: str) -> bool:
    """Whether a field looks like a secret by its name or its value."""
    return HIDDEN in str(field(masked_json(data), path))


def field(data: Any, path: str) -> Any:
    """The field "a.b" of JSON, or None."""
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _matches(value: Any, expected: Any) -> bool:
    if expected == "<any>":
        return value is not None
    if expected == "<text>":
        return isinstance(value, str) and value.strip() != ""
    if expected == "<number>":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != math.inf
    return same_json(value, expected)
