"""The containers of a look at docker, as its parts get them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

# of each its name, its number if it is one of several (as text, else empty), and what docker says of it
Listed: TypeAlias = Sequence[tuple[str, str, Mapping[str, Any]]]
