"""Whether a page's Content-Security-Policy lets a browser use what its tags load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from commands.ports.web import HttpResponse
from commands.systems.page_tags import InlineScript, PageTags, Part
from commands.text.printable import printable
from commands.text.redaction import HIDDEN
from state.frozen import dataclass

_HEADER = "content-security-policy"
_LONGEST = 20_000  # characters of the policies that are read; of longer ones nothing is known
_SHOWN = 80  # characters of a directive
_HASH = re.compile(r"'?(sha(?:256|384|512))-([a-z0-9+/_-]+={0,2})'?(?:\?.*)?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::(\d+|\*))?(/\S*)?",
    re.IGNORECASE,
)
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1", re.IGNORECASE)  # counts as safe within an https page
# https://www.w3.org/TR/CSP3/#directive-fallback-list
_RULES = {
    "script": ("script-src-elem", "script-src", "default-src"),
    "style": ("style-src-elem", "style-src", "default-src"),
}

Policy = Mapping[str, Sequence[str]]
Says = Literal["refused", "perhaps refused", ""]


@dataclass(frozen=True)
class PagePolicy:
    """What the policies of one page, which is at `origin`, refuse. Each of them must allow what is used.

    `of_tags`: those that the page itself has. They count only for what stands behind them, so they refuse only perhaps.
    """

    policies: tuple[Policy, ...]
    origin: str
    of_tags: tuple[Policy, ...] = ()

    def refuses(self, part: Part, address: str) -> tuple[Says, str]:
        """Whether a browser refuses the part, whose whole address this is, and the reason, as a clause.

        Perhaps: the bot may have asked the page at another address than users do, and the policy names addresses.
        """
        here, to = urlsplit(self.origin), urlsplit(address)
        if not part.used or not here.hostname or to.scheme not in ("http", "https"):
            return "", ""
        if (here.scheme, to.scheme) == ("https", "http") and not _LOOPBACK.fullmatch(to.hostname or ""):
            if not any("upgrade-insecure-requests" in policy for policy in (*self.policies, *self.of_tags)):
                return "refused", "the page has https, and gets it by http"
            to = to._replace(scheme="https")
        for policy in (*self.policies, *self.of_tags):
            rule, sources = _rule(policy, "style" if part.stylesheet else "script")
            if not _trusted(part, sources) and (says := _by_address(sources, here, to, part.stylesheet)):
                return "perhaps refused" if policy in self.of_tags else says, _shown(rule, sources)
        return "", ""

    def refused_inline(self, scripts: Sequence[InlineScript]) -> tuple[int, str]:
        """How many of the scripts within the page a browser refuses, and the reason for the first, as a clause."""
        reasons = [reason for one in scripts if (reason := self._refuses_inline(one))]
        return len(reasons), reasons[0] if reasons else ""

    def _refuses_inline(self, script: InlineScript) -> str:
        for policy in (*self.policies, *self.of_tags):
            rule, sources = _rule(policy, "script")
            strict = [one for one in sources if _HASH.fullmatch(one) or one.startswith("'nonce-")]
            any_inline = "'unsafe-inline'" in sources and not strict and "'strict-dynamic'" not in sources
            # without its secret, as in `?token=…`, it has another hash
            hashes = any(
                HIDDEN in script.text or _is_hash_of(script.text, one) for one in strict if _HASH.fullmatch(one)
            )
            known = f"'nonce-{script.nonce}'" in sources or hashes
            if rule and not (any_inline or known):
                return _shown(rule, sources)
        return ""


def policy_of(page: HttpResponse, tags: PageTags) -> PagePolicy:
    """The policies that the page's headers and its own tags have. Those that only report refuse nothing."""
    in_header = page.headers_by_name().get(_HEADER, "")
    texts = in_header.split(",") if len(in_header) <= _LONGEST else []
    in_tags = [text for text in tags.policies if len(text) <= _LONGEST]
    return PagePolicy(_read_all(texts), page.origin, of_tags=_read_all(in_tags))


def _read_all(texts: Iterable[str]) -> tuple[Policy, ...]:
    return tuple(filter(None, map(_read, texts)))


def _read(text: str) -> dict[str, tuple[str, ...]]:
    policy: dict[str, tuple[str, ...]] = {}
    for directive in text.split(";"):
        name, *sources = directive.split() or [""]
        if name:
            policy.setdefault(name.lower(), tuple(map(_lower_keyword, sources)))
    return policy


def _lower_keyword(source: str) -> str:
    if source[:7].lower() == "'nonce-":
        return "'nonce-" + source[7:]
    return source if _HASH.fullmatch(source) else source.lower()


def _rule(policy: Policy, what: str) -> tuple[str, Sequence[str]]:
    """The directive that counts, and its sources; an empty name where the policy says nothing of these."""
    name = next((name for name in _RULES[what] if name in policy), "")
    return name, policy.get(name, ("*",))


def _trusted(part: Part, sources: Sequence[str]) -> bool:
    """Whether the tag's nonce, or a hash that its script must have, is in the policy."""
    if part.nonce and f"'nonce-{part.nonce}'" in sources:
        return True
    hashes = {_hash(one) for one in part.integrity.split()} - {None}
    return bool(hashes & {_hash(one) for one in sources})


def _hash(text: str) -> tuple[str, str] | None:
    found = _HASH.fullmatch(text)
    return (found[1].lower(), _plain(found[2])) if found else None


def _plain(digest: str) -> str:
    return digest.rstrip("=").replace("-", "+").replace("_", "/")


def _is_hash_of(text: str, source: str) -> bool:
    if (named := _hash(source)) is None:
        return False
    # browsers read every line end as one character
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode(errors="surrogatepass")
    return base64.b64encode(hashlib.new(named[0], data).digest()).decode().rstrip("=") == named[1]


def _by_address(sources: Sequence[str], here: SplitResult, to: SplitResult, stylesheet: bool) -> Says:
    """Whether no source allows the address; only perhaps, where one of them might if users have another address."""
    if "'strict-dynamic'" in sources and not stylesheet:
        return "refused"
    if any(_allows(source, here, to) for source in sources):
        return ""
    by_address = [one for one in sources if one == "'self'" or _SCHEME.fullmatch(one) or _HOST.fullmatch(one)]
    return "perhaps refused" if by_address else "refused"


def _allows(source: str, here: SplitResult, to: SplitResult) -> bool:
    if source == "'self'":
        return _place(here) == _place(to) or (here.hostname, "https") == (to.hostname, to.scheme)
    if _SCHEME.fullmatch(source):
        return source[:-1] in (to.scheme, {"https": "http"}.get(to.scheme))
    named = _HOST.fullmatch(source)
    return source == "*" or (named is not None and _is_at(named, here, to))


def _is_at(named: re.Match[str], here: SplitResult, to: SplitResult) -> bool:
    scheme, host, port, path = named.groups()
    wanted = scheme or here.scheme
    if to.scheme != wanted and (wanted, to.scheme) != ("http", "https"):
        return False
    if port not in (None, "*") and port != str(_place(to)[1]):
        return False
    return _is_host(host, (to.hostname or "").lower()) and _is_path(path or "", to.path)


def _place(url: SplitResult) -> tuple[str, int]:
    return (url.hostname or "").lower(), url.port or {"http": 80}.get(url.scheme, 443)


def _is_host(named: str, host: str) -> bool:
    return named == host or (named.startswith("*.") and host.endswith(named[1:]))


def _is_path(named: str, path: str) -> bool:
    if not named or "%" in named + path:
        return True
    return path.lower().startswith(named) if named.endswith("/") else path.lower() == named


def _shown(rule: str, sources: Sequence[str]) -> str:
    words = " ".join((rule, *sources))
    return f"the page's Content-Security-Policy has `{printable(words)[:_SHOWN]}`"
