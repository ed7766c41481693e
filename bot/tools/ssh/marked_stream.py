"""The program's own words among everything that a host prints on standard output."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT = 2_000  # bytes of what the host printed before the program began
LONGEST = 100  # bytes of a line with the mark


@dataclass
class MarkedStream:
    """Reads what arrives piece by piece. `before` is what the host printed before the program began.

    The program's own words stand between two lines with its mark, which need not begin at the start of a line. Bytes
    that may be the beginning of such a line are kept back, so they count as read only when it is clear what they are.
    """

    mark: str
    begun: bool = False
    status: tuple[str, int] | None = None
    before: bytearray = field(default_factory=bytearray)
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> bytes:
        """The program's own words among these bytes and those that were kept back. What follows its end is dropped."""
        mark = f"gonogo:{self.mark}:".encode()
        self._rest += data
        own = b""
        while self.status is None:
            at = self._rest.find(mark)
            own += self._take(at if at >= 0 else len(self._rest) - _common(self._rest, mark))
            end = self._rest.find(b"\n", len(mark), LONGEST) if at >= 0 else -1
            if end < 0 and (at < 0 or len(self._rest) < LONGEST):
                return own
            if not self._heed(bytes(self._rest[len(mark) : end]) if end >= 0 else b""):
                own += self._take(len(mark))
                continue
            del self._rest[: end + 1]
        return own

    def _take(self, size: int) -> bytes:
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        if self.begun:
            return taken
        self.before += taken[: KEPT - len(self.before)]
        return b""

    def _heed(self, line: bytes) -> bool:
        """Take in what a line with the mark says. False if it says nothing that a program says."""
        state, _, code = line.decode(errors="replace").partition(" ")
        if line == b"begin":
            self.begun = True
        elif self.begun and state.isalpha() and code.isascii() and code.isdigit():
            self.status = (state, int(code))
        else:
            return False
        return True


def _common(data: bytearray, mark: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of the mark."""
    return next((size for size in range(min(len(mark) - 1, len(data)), 0, -1) if data.endswith(mark[:size])), 0)
