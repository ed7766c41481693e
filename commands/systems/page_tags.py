"""What a page's tags make a browser load, or run: its scripts and stylesheets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_OPENING = re.compile(r"<!--|<(script|link|base|meta|noscript|template)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
_TAG_END = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
# what stands before its end is text, or is loaded only by browsers that run no scripts
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "noscript", "template")}
_RUNS = re.compile(r"^$|javascript|ecmascript|module", re.IGNORECASE)  # of a script's type; any other is data
_RUNS_INLINE = re.compile(f"{_RUNS.pattern}|^importmap$", re.IGNORECASE)
_LONGEST = 3000  # characters of a tag
_MOST = 1000  # tags of a page


@dataclass(frozen=True)
class Part:
    """A script, or a stylesheet; `address` is as a browser reads it. `module`: its type must be JavaScript's.

    `integrity` is that attribute of its tag: hashes, one of which the file must have; empty if any file will do.
    `nonce` is that attribute, too. `used`: the page runs or shows it, and does not only prefetch it.
    """

    address: str
    stylesheet: bool = False
    module: bool = False
    integrity: str = ""
    nonce: str = field(default="", compare=False)
    used: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class InlineScript:
    """A script whose text stands in the page itself."""

    text: str
    nonce: str = ""


@dataclass(frozen=True)
class PageTags:
    """What a page makes a browser load, and the `base` of its addresses; empty if it has none.

    `policies`: the Content-Security-Policies that the page itself has, without those of its headers.
    """

    base: str
    parts: tuple[Part, ...]
    inline: tuple[InlineScript, ...] = ()
    policies: tuple[str, ...] = ()


def read_tags(page: str) -> PageTags:
    """Read a page's tags, without those in comments and scripts."""
    base, parts, inline, policies = "", [], [], []
    for name, attributes, text in _tags(page):
        if name == "base":
            base = base or attributes.get("href", "")
        elif name == "meta":
            if attributes.get("http-equiv", "").lower() == "content-security-policy":
                policies.append(attributes.get("content", ""))
        elif name == "script" and "src" not in attributes:
            if text.strip() and _RUNS_INLINE.search(attributes.get("type", "").strip()):
                inline.append(InlineScript(text, attributes.get("nonce", "")))
        elif part := _script(attributes) if name == "script" else _link(attributes):
            parts.append(part)
    return PageTags(base, tuple(dict.fromkeys(parts)), tuple(inline), tuple(policies))


def _script(attributes: dict[str, str]) -> Part | None:
    kind, address = attributes.get("type", "").strip(), attributes.get("src", "")
    if not address or not _RUNS.search(kind):
        return None
    integrity, nonce = attributes.get("integrity", ""), attributes.get("nonce", "")
    return Part(address, module=kind.lower() == "module", integrity=integrity, nonce=nonce)


def _link(attributes: dict[str, str]) -> Part | None:
    rel, loads = attributes.get("rel", "").lower().split(), attributes.get("as", "").lower()
    if not (address := attributes.get("href", "")):
        return None
    path = address.partition("?")[0].partition("#")[0].lower()
    # what is only preloaded is loaded again, if it does not fit, by the tag that uses it
    integrity = attributes.get("integrity", "") if {"stylesheet", "modulepreload"} & set(rel) else ""
    used, nonce = "stylesheet" in rel, attributes.get("nonce", "")
    if "stylesheet" in rel or loads == "style":
        return Part(address, stylesheet=True, integrity=integrity, nonce=nonce, used=used)
    if "modulepreload" in rel or loads == "script":
        return Part(address, module="modulepreload" in rel, integrity=integrity, used=False)
    return (
        Part(address, stylesheet=path.endswith(".css"), used=False) if path.endswith((".css", ".js", ".mjs")) else None
    )


def _tags(page: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The name and attributes of each tag; of a script also its text."""
    at = 0
    for _ in range(_MOST):
        if not (opening := _OPENING.search(page, at)):
            return
        if opening[1] is None:
            end = page.find("-->", opening.end())
            if end < 0:
                return
            at = end
            continue
        name, at = opening[1].lower(), opening.end()
        if tag := _TAG_END.match(page[at : at + _LONGEST]):
            at += tag.end()
        end_tag = _ENDS[name].search(page, at) if name in _ENDS else None
        if tag:
            yield name, _attributes(tag[0]), page[at : end_tag.start()] if end_tag else ""
        if name in _ENDS:
            if end_tag is None:
                return
            at = end_tag.end()


def _attributes(tag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), html.unescape(next(filter(None, values), "")).strip())
    return found
