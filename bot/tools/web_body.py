"""The body of an HTTP answer: decoded once, bounded after decoding, and as text."""

from __future__ import annotations

import codecs
import re
import zlib

import httpx

from commands.ports.web import MAX_BODY

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window bits
_FORMATS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_CHARSET = re.compile(r"charset\s{0,5}=\s{0,5}[\"']?([\w-]{1,20})", re.IGNORECASE)
_LONGEST_TYPE = 500  # characters of the Content-Type that are read
# Python knows more, but some of them are no text, or take time that grows with the square of the text
_CHARSETS = {"us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "windows-874", "tis-620"}


class UnreadableBodyError(Exception):
    """The body cannot be decoded; the message says why, as the end of a sentence about the answer."""


def read_body(response: httpx.Response) -> tuple[bytes, bool]:
    """The body's first MAX_BODY bytes, and whether there are more. Raises UnreadableBodyError, and httpx's errors."""
    decoder = _decoder(response.headers.get_list("content-encoding", split_commas=True))
    body = bytearray()
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        # one byte more than is kept, to know whether there are more
        body += decoder.decode(chunk, MAX_BODY + 1 - len(body)) if decoder else chunk
        if len(body) > MAX_BODY or received > MAX_BODY:
            break
    else:
        if decoder and received and not decoder.complete:
            raise UnreadableBodyError("ends in the middle of its encoding")
    return bytes(body[:MAX_BODY]), len(body) > MAX_BODY or received > MAX_BODY


def text_of(body: bytes, content_type: str) -> str:
    """The body as text in its own charset if that is a common one, otherwise in UTF-8.

    A byte order mark of UTF-16 says so, whatever the header says, as in browsers.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace")
    charset = _CHARSET.search(content_type[:_LONGEST_TYPE])
    name = charset[1].lower() if charset else ""
    return body.decode(name if name in _CHARSETS else "utf-8", errors="replace")


def _decoder(encodings: list[str]) -> _Decoder | None:
    names = [name.lower() for name in encodings if name and name.lower() != "identity"]
    if not names:
        return None
    if len(names) > 1:
        raise UnreadableBodyError(f"is encoded {len(names)} times, but only one encoding is read")
    if names[0] not in _FORMATS:
        shown = names[0][:20] if names[0].isascii() and names[0].isprintable() else "?"
        raise UnreadableBodyError(f"has the encoding “{shown}”, but only gzip and deflate are read")
    return _Decoder(_FORMATS[names[0]])


class _Decoder:
    """Decodes one format; never gives more bytes than were asked for."""

    def __init__(self, window_bits: int) -> None:
        self._zlib = zlib.decompressobj(window_bits)
        self._may_be_raw = window_bits == _ZLIB  # what some servers send as deflate

    @property
    def complete(self) -> bool:
        """Whether the end of the encoded data was read; what follows is ignored."""
        return self._zlib.eof

    def decode(self, data: bytes, most: int) -> bytes:
        """Decode the next bytes, up to `most` (at least 1). Raises UnreadableBodyError."""
        if self.complete:
            return b""
        try:
            decoded = self._zlib.decompress(data, most)
        except zlib.error:
            if not self._may_be_raw:
                raise UnreadableBodyError("is not in the encoding that it names") from None
            self._zlib = zlib.decompressobj(_RAW)
            self._may_be_raw = False
            return self.decode(data, most)
        self._may_be_raw = False
        return decoded
