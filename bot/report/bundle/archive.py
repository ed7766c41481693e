"""The bundle's file: a .tar.gz without times in it, read within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from state.errors import Refused

STATEMENT, PUBLIC_KEY, RECORD, PAGE = "statement.json", "public-key.pem", "record.jsonl", "page.md"
HTML, MARKDOWN = "report.html", "report.md"
NAMES = (STATEMENT, PUBLIC_KEY, RECORD, PAGE, HTML, MARKDOWN)
LARGEST = 64_000_000  # bytes of the file
LARGEST_CONTENT = 128_000_000  # bytes of everything in it, unpacked
LARGEST_STATEMENT = 8_000_000  # bytes


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive with these files, in the order of NAMES. Raises Refused if nobody could read it again."""
    if sum(map(len, files.values())) > LARGEST_CONTENT * 9 // 10 or len(files[STATEMENT]) > LARGEST_STATEMENT:
        raise Refused(f"The record of this run is too large for a bundle ({LARGEST_CONTENT // 1_000_000} MB).")
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in NAMES:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return packed.getvalue()


def unpack(path: Path) -> dict[str, bytes]:
    """The files in an archive, by name; nothing is written anywhere. Raises Refused for anything but a whole bundle."""
    try:
        if not path.is_file():
            raise Refused(f"There is no bundle {path}.")
        if path.stat().st_size > LARGEST:
            raise Refused(f"{path} is larger than a bundle may be ({LARGEST // 1_000_000} MB).")
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) as compressed:
            files = _members(path, _Bounded(path, compressed))
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError, RecursionError):
        raise _no_bundle(path) from None
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _no_bundle(path) from None
        raise Refused(f"{path} cannot be read ({error.strerror or 'unknown error'}).") from None
    if missing := [name for name in NAMES if name not in files]:
        raise Refused(f"{path} is no whole bundle: {missing[0]} is missing.")
    return files


def _members(path: Path, content: _Bounded) -> dict[str, bytes]:
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


class _Bounded:
    """A stream that ends the reading once more was unpacked than a bundle may hold."""

    def __init__(self, path: Path, stream: gzip.GzipFile) -> None:
        self._path = path
        self._stream = stream
        self._left = LARGEST_CONTENT

    def read(self, size: int) -> bytes:
        """The next `size` bytes. Raises Refused."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Refused(f"{self._path} unpacks to more than a bundle may hold ({LARGEST_CONTENT // 1_000_000} MB).")
        return data


def _no_bundle(path: Path) -> Refused:
    return Refused(f"{path} is no bundle, or it is damaged. `gonogo report RUN --bundle FILE` writes one.")
