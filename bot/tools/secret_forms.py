"""The forms in which one secret may appear: encoded, escaped, quoted, in parts."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import combinations
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from commands.text.foreign_json import read_json
from commands.text.random_look import looks_random
from commands.text.redaction import is_secret_name

MIN_LENGTH = 4  # characters; masking a shorter text would garble ordinary words
LONG = 500  # characters; a longer value is masked piece by piece
MIN_LINE = 8  # characters of a line of a secret, without the space around it
_BEFORE_PASSWORD = re.compile(r"://[^:@/?#\s]*:")
_SEPARATORS = re.compile(r"[@:/?#&\[\]]")
_KEYWORD = re.compile(
    r"(?:password|passwd|pwd|secret|token|key)\s{0,5}=\s{0,5}('(?:[^'\\]|\\.)*'|[^\s;&]+)", re.IGNORECASE
)
_PORT = re.compile(r"\d{1,5}[/?#]")
_MOST_CUTS = 12  # separators in a password at which an address may be cut
_MARKERS = re.compile(r"-----(BEGIN|END) [A-Z ]{1,40}-----")
_NOT_IN_URLS = "!'()*~-_."  # what encodeURIComponent leaves as it is


def parts_of(value: str) -> set[str]:
    """What is secret in the value of a variable: the whole, its lines, and the password of an address in it."""
    parts = {value, value.strip()}
    if "\n" in value:
        lines = {line.strip() for line in value.splitlines() if not _MARKERS.fullmatch(line.strip())}
        parts |= {line for line in lines if len(line) >= MIN_LINE}
    if "://" in value:
        parts |= set(_address_parts(value.strip()))
    parts |= {found.strip("'") for found in _KEYWORD.findall(value)}
    if value.lstrip().startswith(("{", "[")):
        with suppress(ValueError):
            parts |= set(_secret_texts(read_json(value)))
    pieces = {part[at : at + LONG] for part in parts for at in range(0, len(part), LONG)}
    return {piece for piece in pieces if len(piece) >= MIN_LENGTH}


@lru_cache(maxsize=4096)
def forms_of(secret: str) -> frozenset[str]:
    """The secret itself, and every encoding and escaping of it that programs use."""
    data = secret.encode(errors="replace")
    if len(secret) == LONG:
        # a piece of a long value; with every form of each of its pieces the pattern would be too large
        return frozenset({secret, quote(data, safe=""), json.dumps(secret)[1:-1], data.hex(), *_base64(data)})
    forms = {secret, unquote(secret), *_percent(data), *_escaped(secret), *_base64(data), *_hex(data)}
    if not secret.isascii():
        with suppress(UnicodeEncodeError):
            forms |= _base64(secret.encode("latin-1"))
    forms |= _base64(secret.encode("utf-16-le", "replace"))  # PowerShell's -EncodedCommand
    return frozenset(form for form in forms if len(form) >= MIN_LENGTH)


def _address_parts(url: str) -> Iterator[str]:
    """The user with the password, the password, and what a program takes for it if it cuts the address elsewhere."""
    with suppress(ValueError):
        parts = urlsplit(url)
        yield from (parts.netloc, parts.password or "", unquote(parts.password or ""))
        yield from (value for name, value in parse_qsl(parts.query) if _KEYWORD.match(f"{name}=x"))
    start, at = _BEFORE_PASSWORD.search(url), url.rfind("@")
    if start is None or at < start.end():
        return
    password = url[start.end() : at]
    yield from (password, unquote(password), url[start.start() + 3 : at])
    if _PORT.match(password):
        return  # more likely the port of an address with an @ in its path
    cuts = [found.start() for found in _SEPARATORS.finditer(password)][:_MOST_CUTS]
    for start_at, end_at in combinations((-1, *cuts, len(password)), 2):
        yield password[start_at + 1 : end_at]


def _secret_texts(data: Any, *, named: bool = False) -> Iterator[str]:
    """The texts in JSON that are secrets by their field's name or by their look, and their lines."""
    if isinstance(data, str) and (named or looks_random(data) or "\n" in data):
        yield data
        yield from (line for line in data.splitlines() if len(line) >= MIN_LINE and not _MARKERS.fullmatch(line))
    elif isinstance(data, list):
        for item in data:
            yield from _secret_texts(item, named=named)
    elif isinstance(data, dict):
        for name, item in data.items():
            yield from _secret_texts(item, named=named or is_secret_name(name))


def _percent(data: bytes) -> set[str]:
    """Percent escapes: as in paths, queries and forms, in both cases, of every byte, and escaped twice."""
    escaped = {quote(data, safe=safe) for safe in ("", "/", _NOT_IN_URLS, "/" + _NOT_IN_URLS, ":@/")}
    escaped |= {quote_plus(data), quote_plus(data, safe=_NOT_IN_URLS), "".join(f"%{byte:02X}" for byte in data)}
    escaped |= {quote(once, safe="") for once in escaped}
    return escaped | {re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), once) for once in escaped}


def _escaped(secret: str) -> set[str]:
    """Escapes of JSON, of shells, of HTML, of SQL and of program texts."""
    jsons = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    jsons |= {text.replace("/", "\\/") for text in jsons}
    # as Go and Rails write what HTML could misread
    for signs in (r"[<>&]", r"[<>&'+]"):
        jsons |= {re.sub(signs, lambda sign: f"\\u{ord(sign[0]):04x}", text) for text in jsons}
    jsons |= {re.sub(r"\\u[0-9a-f]{4}", lambda code: f"\\u{code[0][2:].upper()}", text) for text in jsons}
    jsons |= {json.dumps(text)[1:-1] for text in jsons}
    backslashed = {
        re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret),
        re.sub(r'(["\\$`])', r"\\\1", secret),
        re.sub(r"(['\\])", r"\\\1", secret),
    }
    shells = {shlex.quote(secret)[1:-1] if shlex.quote(secret) != secret else secret, secret.replace("'", "'\\''")}
    doubled = {secret.replace("'", "''"), secret.replace('"', '""'), repr(secret)[1:-1]}
    return jsons | backslashed | shells | doubled | _entities(secret)


def _entities(secret: str) -> set[str]:
    named = html.escape(secret)
    forms = {named, html.escape(secret, quote=False)}
    for quotes in (("&#39;", "&#34;"), ("&#39;", "&quot;"), ("&#039;", "&quot;"), ("&apos;", "&quot;")):
        forms.add(named.replace("&#x27;", quotes[0]).replace("&quot;", quotes[1]))
    forms |= {"".join(f"&#{ord(letter)};" for letter in secret), "".join(f"&#x{ord(letter):x};" for letter in secret)}
    return forms | {"".join(f"&#x{ord(letter):X};" for letter in secret)}


def _hex(data: bytes) -> set[str]:
    """Hexadecimal: plain, with colons or spaces, and as escapes."""
    plain = data.hex()
    forms = {plain, data.hex(":"), data.hex(" "), "".join(f"\\x{byte:02x}" for byte in data)}
    return forms | {form.upper() for form in forms} | {form.upper().replace("\\X", "\\x") for form in forms}


def _base64(data: bytes) -> set[str]:
    """What base64 shows of the secret wherever it begins in the encoded text, so also behind `user:`.

    Three bytes become four characters, so there are three ways. Characters that also hold bits of the neighbours are
    left out; the whole secret alone comes with them.
    """
    whole = base64.b64encode(data).decode()
    forms = {whole, whole.rstrip("=")}
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + data).decode()
        forms.add(encoded[-(-8 * offset // 6) : 8 * (offset + len(data)) // 6])
    forms |= {form.replace("+", "-").replace("/", "_") for form in forms}
    return {form for form in forms if len(form) > MIN_LENGTH}
