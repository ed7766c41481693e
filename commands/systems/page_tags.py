"""What a page's tags make a browser load, or run: its scripts and stylesheets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import field

from state.frozen import dataclass

# what stands before its end is text, or is loaded only by browsers that run no scripts
_CLOSED = ("script", "noscript", "style", "title", "textarea", "iframe", "xmp", "noembed", "noframes")
_OPENING = re.compile(rf"<!--|<(link|base|meta|template|plaintext|{'|'.join(_CLOSED)})(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>][^\s>]*)))?")
# a quote begins a value, or is a part of one
_TAG_END = re.compile(r"(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+>")
_COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _CLOSED}
_TEMPLATE = re.compile(r"<(/?)template(?=[\s/>])", re.IGNORECASE)
# https://mimesniff.spec.whatwg.org/#javascript-mime-type
SCRIPT_TYPE = re.compile(
    r"(?:application|text)/(?:(?:x-)?(?:java|ecma)script|javascript1\.[0-5]|jscript|livescript)", re.IGNORECASE
)
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
            if text.strip() and (_runs(attributes) or attributes.get("type", "").strip().lower() == "importmap"):
                inline.append(InlineScript(text, attributes.get("nonce", "")))
        elif part := _PARTS[name](attributes) if name in _PARTS else None:
            parts.append(part)
    return PageTags(base, tuple(dict.fromkeys(parts)), tuple(inline), tuple(policies))


def _runs(attributes: dict[str, str]) -> bool:
    """Whether browsers of today run a script: its type is JavaScript's, and it is not for those of before 2018."""
    kind = attributes.get("type", "").strip()
    if kind.lower() == "module":
        return True
    return "nomodule" not in attributes and (not kind or SCRIPT_TYPE.fullmatch(kind) is not None)


def _script(attributes: dict[str, str]) -> Part | None:
    kind, address = attributes.get("type", "").strip(), attributes.get("src", "")
    if not address or not _runs(attributes):
        return None
    integrity, nonce = attributes.get("integrity", ""), attributes.get("nonce", "")
    return Part(address, module=kind.lower() == "module", integrity=integrity, nonce=nonce)


def _link(attributes: dict[str, str]) -> Part | None:
    rel, loads = attributes.get("rel", "").lower().split(), attributes.get("as", "").lower()
    if not (address := attributes.get("href", "")) or ("stylesheet" in rel and _is_off(attributes)):
        return None
    path = address.partition("?")[0].partition("#")[0].lower()
    # what is only preloaded is loaded again, if it does not fit, by the tag that uses it
    integrity = attributes.get("integrity", "") if {"stylesheet", "modulepreload"} & set(rel) else ""
    used, nonce = "stylesheet" in rel, attributes.get("nonce", "")
    if "stylesheet" in rel or loads == "style":
        return Part(address, stylesheet=True, integrity=integrity, nonce=nonce, used=used)
    if "modulepreload" in rel or loads == "script":
        return Part(address, module="modulepreload" in rel, integrity=integrity, used=False)
    if (not rel or {"prefetch", "preload"} & set(rel)) and path.endswith((".css", ".js", ".mjs")):
        return Part(address, stylesheet=path.endswith(".css"), used=False)
    return None


def _is_off(attributes: dict[str, str]) -> bool:
    """Whether browsers leave a stylesheet out: it is switched off, or in another language."""
    return "disabled" in attributes or attributes.get("type", "").strip().lower() not in {"", "text/css"}


_PARTS = {"script": _script, "link": _link}


def _tags(page: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The name and attributes of each tag; of a script also its text."""
    at = 0
    for _ in range(_MOST):
        if not (opening := _OPENING.search(page, at)):
            return
        if opening[1] is None:
            if not (end := _COMMENT_END.search(page, opening.end())):
                return
            at = end.end()
            continue
        name, at = opening[1].lower(), opening.end()
        if tag := _TAG_END.match(page[at : at + _LONGEST]):
            at += tag.end()
        text, behind = _text_of(name, page, at)
        if tag:
            yield name, _attributes(tag[0]), text
        if behind is None:
            return
        at = behind


def _text_of(name: str, page: str, at: int) -> tuple[str, int | None]:
    """What stands up to the end of a tag of this name, if it is no tags, and where to read on; None for nowhere."""
    if name == "template":
        return "", _end_of_template(page, at)
    if name == "plaintext":
        return "", None
    if name not in _ENDS:
        return "", at
    end = _ENDS[name].search(page, at)
    return (page[at : end.start()], end.end()) if end else ("", None)


def _end_of_template(page: str, at: int) -> int:
    """Where a template ends whose opening tag has its name before `at`; it may hold others."""
    depth = 1
    for tag in _TEMPLATE.finditer(page, at):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.end()
    return len(page)


def _attributes(tag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), html.unescape(next(filter(None, values), "")).strip())
    return found
