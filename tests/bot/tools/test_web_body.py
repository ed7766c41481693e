"""A body is decoded once, bounded after decoding, and always becomes text."""

from __future__ import annotations

import codecs
import gzip
import resource
import zlib

import httpx
import pytest

from bot.tools.web_body import read_body, text_of
from commands.ports.web import MAX_BODY, HttpRequest
from commands.systems.http_answers import shape_error
from state.errors import LostTrack
from tests.bot.tools.raw_site import http_answer, raw_site
from tests.growth import assert_linear

GET = HttpRequest(path="/x", limit=20)
BOMB = gzip.compress(gzip.compress(b"\0" * 400_000_000, 9, mtime=0), 9)


def answer_of(body: bytes, *headers: str) -> str:
    """The text that the tool makes of a body."""
    with raw_site(http_answer(body, *headers)) as web:
        return web.request("api", GET).text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"text", mtime=0)),
        ("X-GZIP, identity", gzip.compress(b"text", mtime=0)),
        ("deflate", zlib.compress(b"text")),
        ("deflate", zlib.compress(b"text", wbits=-15)),
        ("identity", b"text"),
        ("gzip", gzip.compress(b"text", mtime=0) + b"behind its end"),
    ],
)
def test_an_encoded_body_is_decoded(encoding: str, body: bytes) -> None:
    assert answer_of(body, f"Content-Encoding: {encoding}") == "text"


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("gzip, gzip", BOMB, "is encoded 2 times, but only one encoding is read"),
        ("br", b"x", "has the encoding “br”, but only gzip and deflate are read"),
        ("zstd", b"x", "has the encoding “zstd”, but only gzip and deflate are read"),
        ("gzip", b"no gzip", "is not in the encoding that it names"),
        ("deflate", b"no deflate", "is not in the encoding that it names"),
        ("gzip", gzip.compress(b"text" * 100, mtime=0)[:-12], "ends in the middle of its encoding"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_named(encoding: str, body: bytes, why: str) -> None:
    with pytest.raises(LostTrack) as caught:
        answer_of(body, f"Content-Encoding: {encoding}")
    assert str(caught.value) == f"GET /x: the answer of “api” {why}."


def test_a_body_that_goes_on_after_what_is_read_of_it_is_cut() -> None:
    packer = zlib.compressobj(9, wbits=31)
    body = packer.compress(b"token") + packer.flush(zlib.Z_FULL_FLUSH)
    empty = b"\0\0\0\xff\xff" * (MAX_BODY // 4)  # blocks that hold nothing
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=iter([body, empty]))
    assert read_body(response) == (b"token", True), "a secret at the end may be cut, too"


def test_two_header_lines_are_two_encodings() -> None:
    with pytest.raises(LostTrack, match="is encoded 2 times"):
        answer_of(BOMB, "Content-Encoding: gzip", "Content-Encoding: gzip")


def test_a_small_body_that_unpacks_to_gigabytes_costs_what_is_kept_of_it() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = zlib.compressobj(9, wbits=31)
    body = b"".join(bomb.compress(b"\0" * 10_000_000) for _ in range(80)) + bomb.flush()
    assert len(body) < MAX_BODY
    assert answer_of(body, "Content-Encoding: gzip") == "\0" * MAX_BODY
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < 100, f"{grown} MB for an answer of which 1 MB is kept"


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/html; charset=ISO-8859-1", b"\xe9", "é"),
        ('text/html; Charset="windows-1252"', b"\x80", "€"),
        ("text/html; charset=utf-8", "ย".encode(), "ย"),
        ("text/html", b"\xff", "\ufffd"),
        ("text/html; charset=zip", b"x", "x"),
        ("text/html; charset=punycode", b"x-y", "x-y"),
        ("text/html; charset=\x00", b"x", "x"),
        ("application/json; charset=utf-16", "{ย}".encode("utf-16"), "{ย}"),
        ("application/json", codecs.BOM_UTF16_BE + "{ย}".encode("utf-16-be"), "{ย}"),
        ("application/json", codecs.BOM_UTF16_LE + b"{", "\ufffd"),
    ],
)
def test_a_body_is_text_in_a_common_charset_or_else_in_utf_8(kind: str, body: bytes, text: str) -> None:
    assert text_of(body, kind) == text


@pytest.mark.parametrize("piece", ["charset", "charset =", ";", '";', '"', "charset=a"])
def test_the_time_to_find_the_charset_grows_with_the_header_and_no_faster(piece: str) -> None:
    assert_linear(lambda kind: text_of(b"", kind), piece)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_packed_answer_that_does_not_say_so_is_called_that() -> None:
    packed = gzip.compress(b'{"status": "ok"}')
    for answer in (http_answer(packed), http_answer(gzip.compress(packed), "Content-Encoding: gzip")):
        with raw_site(answer) as web:
            why = shape_error(web.request("api", HttpRequest(path="/")), "json")
        assert why.startswith("The answer is packed by gzip and does not say so, or twice")
