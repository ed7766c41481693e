"""Words put together for a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from commands.text.numbers import format_count


def joined(words: Sequence[str], last: str = "and") -> str:
    """A list as people write it: "a", "a and b", "a, b and c"; empty for none."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def joined_few(words: Sequence[str], most: int, last: str = "and", rest: str = "") -> str:
    """The first of a list as `joined` writes it: "a, b and 3 more"; with the noun `rest`: "a, b and 3 others"."""
    left = len(words) - most
    more = [format_count(left, rest) if rest else f"{left} more"] if left > 0 else []
    return joined([*words[:most], *more], last)


def agree(number: int, one: str, many: str) -> str:
    """The form of a word that goes with a number, such as "is" or "are"."""
    return one if number == 1 else many


def short_title(title: str) -> str:
    """The title of a check without what its tier is called, such as "Every 15 minutes: "."""
    return title.rpartition(": ")[2]


def capitalized(text: str) -> str:
    """A clause as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def on_web(web: str, path: str) -> str:
    """A path of a web site as people read it, such as "/health on api", and "api/" for its first page."""
    return f"{path} on {web}" if path != "/" else f"{web}/"
