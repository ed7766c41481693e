"""Texts that no person would write: they look like a token or a key."""

from __future__ import annotations

import math
import re
from collections import Counter

_RANDOM = re.compile(r"[\w+/=.~-]{20,}")
_MIN_ENTROPY = 3.5  # bits a character; English words have about 3 at this length, random hexadecimal digits nearly 4


def looks_random(text: str) -> bool:
    """Whether a text is one that no person would write: long, one word, with digits, and few characters repeated."""
    if text.startswith("/") or not _RANDOM.fullmatch(text) or not any(map(str.isdigit, text)):
        return False
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares) >= _MIN_ENTROPY
