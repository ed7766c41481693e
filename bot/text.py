"""Text for Slack: clipped to its limits, escaped so that nobody's words can ping or format, and mentions where they are meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from state.events import EventData

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_ID = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")


def size(text: str) -> int:
    """The length as Slack may count it: UTF-16 units, so that most emoji count as two."""
    return len(text.encode("utf-16-le", "replace")) // 2


def clip(text: str, limit: int) -> str:
    """The text, or its beginning and `…`, in at most `limit` UTF-16 units."""
    if size(text) <= limit:
        return text
    return text.encode("utf-16-le", "replace")[: (limit - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"


def clean(text: str) -> str:
    """The text without terminal colours, control characters and marks that turn the direction of reading."""
    return _CONTROLS.sub("", _COLOURS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def escape(text: str, limit: int = 2000) -> str:
    """Somebody's words for mrkdwn: they cannot ping, link or open a code block, and are at most `limit` long when escaped."""
    words = "".join(_ENTITIES.get(letter, letter) for letter in clean(text).replace("```", "'''"))
    if size(words) <= limit:
        return words
    # a cut inside an entity would show half of it
    return re.sub(r"&[a-z]{0,3}…$", "…", clip(words, limit))


def line(text: str, limit: int = 300) -> str:
    """`escape` for words that stand inside one line."""
    return escape(" ".join(text.split()), limit)


def bold(text: str, limit: int = 200) -> str:
    """Somebody's words in bold; stars inside are replaced by a look-alike."""
    return f"*{line(text.replace('*', '∗'), limit)}*"


def plain(text: str, limit: int) -> str:
    """Somebody's words for a plain_text object: one line, no angle brackets, never empty."""
    return clip(" ".join(clean(text).replace("<", "‹").replace(">", "›").split()), limit) or "…"


def code(lines: Iterable[str], limit: int = 2400) -> str:
    """Lines in a code block, the newest ones where they do not all fit; empty when there are none."""
    kept: list[str] = []
    left = limit
    for text in reversed([escape(one.rstrip(), 300) for one in lines]):
        left -= size(text) + 1
        if left < 0:
            kept.append("…")
            break
        kept.append(text)
    whole = "\n".join(reversed(kept)).strip("\n")
    return f"```\n{whole}\n```" if whole.strip() else ""


def event_in_short(data: EventData) -> tuple[str, str]:
    """What an event is about, and what it says, as far as its kind has either."""
    said = (str(getattr(data, name, "")) for name in ("summary", "reason", "name", "state"))
    return str(getattr(data, "title", "")), next(filter(None, said), "")


def few_lines(texts: Iterable[str], most: int = 14) -> list[str]:
    """The lines of texts, the first ones where there are more than `most`, with how many are left out."""
    lines = [one for text in texts for one in text.splitlines()]
    return lines if len(lines) <= most else [*lines[: most - 1], f"… and {len(lines) - most + 1} more lines"]


def fallback(text: str, limit: int = 3000) -> str:
    """A text for notifications, short enough in bytes for `chat.update`, which counts them after escaping."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    return re.sub(r"(&[a-z]{0,3}|<[^>]*)$", "", data[: limit - 3].decode("utf-8", "ignore")) + "…"


def person(name: str) -> str:
    """A person who acted: a mention for a Slack id, the name as it is for somebody at the terminal."""
    if not name or name == "gonogo":
        return "the bot"
    return f"<@{name}>" if _ID.fullmatch(name) else line(name, 80)


def mention(name: str) -> str:
    """Somebody to be called: a person or a user group; anything else is shown as it is."""
    return f"<!subteam^{name}>" if _GROUP.fullmatch(name) else person(name)


def with_people(sentence: str) -> str:
    """A refusal's sentence for one person's eyes, where bare user ids become names."""
    return re.sub(r"\b([UW][A-Z0-9]{5,})\b", r"<@\1>", escape(sentence))


def time_of(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """A time of day, shown to each reader in their own zone, and in the page's zone where that cannot be."""
    token, words = ("{time_secs}", "%H:%M:%S") if seconds else ("{time}", "%H:%M")
    return f"<!date^{int(at.timestamp())}^{token}|{at.astimezone(ZoneInfo(zone)).strftime(words)}>"
