"""Whether the time of an act grows with a text's length and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

SHORT = 10_000  # characters
TIMES = 8  # how much longer the long text is; time that grows with the square would be 64 times as long
FACTOR = 24  # generous: the machine may be busy, and memory gets slower
NEGLIGIBLE = 0.05  # CPU seconds for the long text, in which nothing that grows with the square can fit


def assert_linear(act: Callable[[str], object], piece: str, wrap: str = "{}") -> None:
    """Assert it for a text of many equal pieces, which stands at the place of `{}` in `wrap`."""
    short = piece * (SHORT // len(piece) + 1)
    factor = 0.0
    for _ in range(3):  # the first measurement may have been disturbed
        long_took = _cpu_time(act, wrap.format(short * TIMES))
        if long_took < NEGLIGIBLE:
            return
        factor = long_took / _cpu_time(act, wrap.format(short))
        if factor < FACTOR:
            return
    raise AssertionError(f"{TIMES} times as much of {piece!r} takes {factor:.0f} times as long")


def _cpu_time(act: Callable[[str], object], text: str) -> float:
    """The CPU seconds of a call in this thread; other work on the machine does not count."""
    began = time.thread_time()
    act(text)
    return time.thread_time() - began
