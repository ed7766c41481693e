"""The bundle's file: a .tar.gz without times in it, read within bounds.

Its files decide every byte of what is compressed, so a bundle with anything else around them is none.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from state.errors import Refused

STATEMENT, PUBLIC_KEY, RECORD, PAGE = "statement.json", "public-key.pem", "record.jsonl", "page.md"
HTML, MARKDOWN = "report.html", "report.md"
NAMES = (STATEMENT, PUBLIC_KEY, RECORD, PAGE, HTML, MARKDOWN)
LARGEST = 64_000_000  # bytes of the file
LARGEST_CONTENT = 128_000_000  # bytes of everything in it, unpacked
LARGEST_STATEMENT = 8_000_000  # bytes
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"  # no name, no comment, no time
_CHUNK = 65_536  # bytes


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive with these files, in the order of NAMES. Raises Refused if nobody could read it again."""
    if sum(map(len, files.values())) > LARGEST_CONTENT * 9 // 10 or len(files[STATEMENT]) > LARGEST_STATEMENT:
        raise Refused(f"The record of this run is too large for a bundle ({LARGEST_CONTENT // 1_000_000} MB).")
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as compressed:
        _write(files, compressed)
    return packed.getvalue()


def _write(files: Mapping[str, bytes], stream: Any) -> None:
    """Write the archive, uncompressed, to a stream."""
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
        for name in NAMES:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))


def unpack(path: Path) -> dict[str, bytes]:
    """The files in an archive, by name; nothing is written anywhere. Raises Refused for anything but a whole bundle."""
    try:
        if not path.is_file():
            raise Refused(f"There is no bundle {path}.")
        if path.stat().st_size > LARGEST:
            raise Refused(f"{path} is larger than a bundle may be ({LARGEST // 1_000_000} MB).")
        with path.open("rb") as file:
            content = _Content(path, file)
            files = _members(path, content)
            content.read_to_end()
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError, RecursionError):
        raise _no_bundle(path) from None
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror or 'unknown error'}).") from None
    if missing := [name for name in NAMES if name not in files]:
        raise Refused(f"{path} is no whole bundle: {missing[0]} is missing.")
    own = _Digest()
    _write(files, own)
    if own.digest.digest() != content.digest.digest():
        raise Refused(f"{path} is no bundle as gonogo writes it: something beside its files was added or changed.")
    return files


def _members(path: Path, content: _Content) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=content, mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            plain = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
            if member.name not in NAMES or member.name in files or not plain:
                raise Refused(f"{path} is no bundle: it holds {member.name[:80]!r}, which no bundle holds.")
            data = archive.extractfile(member)
            files[member.name] = data.read() if data else b""
            if member.name == STATEMENT and len(files[STATEMENT]) > LARGEST_STATEMENT:
                raise Refused(f"{path} is no bundle: its {STATEMENT} is too large.")
    return files


class _Digest:
    """A stream that keeps only the SHA-256 of what is written to it."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Add some bytes."""
        self.digest.update(data)
        return len(data)


class _Content:
    """What is compressed in a file: one gzip stream. It ends the reading once more came than a bundle may hold."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self._path = path
        self._file = file
        self._inflater = zlib.decompressobj(wbits=31)
        self._left = LARGEST_CONTENT
        if file.read(len(_GZIP_HEADER)) != _GZIP_HEADER:
            raise _no_bundle(path)
        self._inflater.decompress(_GZIP_HEADER)

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end. Raises Refused, EOFError for half a file, and zlib.error."""
        data = bytearray()
        while len(data) < size and not self._inflater.eof:
            compressed = self._inflater.unconsumed_tail or self._file.read(_CHUNK)
            if not compressed:
                raise EOFError
            data += self._inflater.decompress(compressed, size - len(data))
        self.digest.update(data)
        self._left -= len(data)
        if self._left < 0:
            raise Refused(f"{self._path} unpacks to more than a bundle may hold ({LARGEST_CONTENT // 1_000_000} MB).")
        return bytes(data)

    def read_to_end(self) -> None:
        """Read what is left. Raises Refused if something follows the compressed stream."""
        while self.read(_CHUNK):
            pass
        if self._inflater.unused_data or self._file.read(1):
            raise Refused(f"{self._path} is no bundle as gonogo writes it: something follows its end.")


def _no_bundle(path: Path) -> Refused:
    return Refused(f"{path} is no bundle, or it is damaged. `gonogo report RUN --bundle FILE` writes one.")
