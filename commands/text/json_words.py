"""A JSON value in a sentence, as pages and answers write it."""

from __future__ import annotations

import json
from typing import Any


def json_words(value: Any) -> str:
    """A text as it is, anything else as JSON: `true`, `null`, `["a", "b"]`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
