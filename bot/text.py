"""Text for Slack: clipped to its limits, escaped so that it cannot ping or format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.text.actors import door_in_words
from commands.text.terminal_codes import UNSEEN
from state.events import EventData, PersonActed, StepSigned, UnknownEvent
from state.facts import Actor, Fact
from state.records import Event

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_PERSON_ID = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP_ID = re.compile(r"S[A-Z0-9]{2,}")


def utf16_length(text: str) -> int:
    """The length in UTF-16 units, as Slack may count it: most emoji count as two."""
    return len(text.encode("utf-16-le", "replace")) // 2


def clip(text: str, limit: int) -> str:
    """The text, cut to at most `limit` UTF-16 units; a cut text ends with `…`."""
    if utf16_length(text) <= limit:
        return text
    return text.encode("utf-16-le", "replace")[: (limit - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"


def clean(text: str) -> str:
    """The text without terminal codes, control characters and marks that change the reading direction."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escape(text: str, limit: int = 2000) -> str:
    """Untrusted text for mrkdwn: it cannot ping, link or open a code block. `limit` counts the escaped text."""
    escaped = "".join(_ENTITIES.get(letter, letter) for letter in clean(text).replace("```", "'''"))
    if utf16_length(escaped) <= limit:
        return escaped
    # without this, a cut inside an entity would show half of it
    return re.sub(r"&[a-z]{0,3}…$", "…", clip(escaped, limit))


def on_one_line(text: str) -> str:
    """Untrusted text on one line: clean, with each run of white space as one space. Not yet escaped for mrkdwn."""
    return " ".join(clean(text).split())


def line(text: str, limit: int = 300) -> str:
    """Untrusted text for mrkdwn on one line: escaped, with each run of white space as one space."""
    return escape(" ".join(text.split()), limit)


def bold(text: str, limit: int = 200) -> str:
    """Untrusted text in bold, on one line; a look-alike replaces the stars inside it. Empty for an empty text."""
    inside = line(text.replace("*", "∗"), limit).strip()
    return f"*{inside}*" if inside else ""


def crossed_out(text: str, limit: int = 200) -> str:
    """Untrusted text that no longer counts, on one line; a look-alike replaces the tildes inside it."""
    inside = line(text.replace("~", "∼"), limit).strip()
    return f"~{inside}~" if inside else ""


def plain(text: str, limit: int) -> str:
    """Untrusted text for a plain_text object: one line, no angle brackets, never empty."""
    return clip(" ".join(clean(text).replace("<", "‹").replace(">", "›").split()), limit) or "…"


def code(lines: Iterable[str], limit: int = 2400) -> str:
    """Lines in a code block, only the last ones where they do not all fit; empty when there are none."""
    newest_first: list[str] = []
    room = limit
    for text in reversed([escape(raw.rstrip(), 300) for raw in lines]):
        room -= utf16_length(text) + 1
        if room < 0:
            newest_first.append("…")
            break
        newest_first.append(text)
    block = "\n".join(reversed(newest_first)).strip("\n")
    return f"```\n{block}\n```" if block.strip() else ""


def event_kind(data: EventData) -> str:
    """The kind of an event in words, like "step began"; an unknown kind by the word under which it is stored."""
    if isinstance(data, UnknownEvent):
        return data.stored_kind
    if isinstance(data, StepSigned) and data.refused:
        return "step refused"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(data).__name__).lower()


def event_person(data: EventData) -> str:
    """Who acted and where, for an event that is somebody's action; else empty."""
    return f"{data.person} {data.door}".rstrip() if isinstance(data, PersonActed) else ""


def event_title_and_detail(data: EventData) -> tuple[str, str]:
    """An event's title, and its summary, reason, name or state, after what a person chose; each may be empty."""
    details = (str(getattr(data, name, "")) for name in ("summary", "reason", "name", "state"))
    detail = next(filter(None, details), "")
    choice = str(getattr(data, "choice", ""))
    return str(getattr(data, "title", "")), ": ".join(filter(None, (choice, detail)))


def event_line(event: Event, zone: ZoneInfo) -> str:
    """An event on one line, as the log has it, with its time in a zone."""
    title, detail = event_title_and_detail(event.data)
    who = event_person(event.data)
    # the door comes first: what follows may hold the words of a person or a host
    text = ": ".join(filter(None, [who and f"by {who}", title, detail]))
    return f"{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S} {event_kind(event.data):<18} {text}"


def quoted_lines(text: str, limit: int = 1500) -> str:
    """Untrusted text as quoted lines, each below the other."""
    return "\n".join(f"> {line(one)}" for one in clip(text, limit).splitlines() if one.strip())


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 check", "2 checks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def first_lines(texts: Iterable[str], limit: int = 14) -> list[str]:
    """The lines of all texts, at most `limit`; the last one then says how many more there are."""
    lines = [text_line for text in texts for text_line in text.splitlines()]
    if len(lines) <= limit:
        return lines
    return [*lines[: limit - 1], f"… and {counted(len(lines) - limit + 1, 'more line')}"]


def person(name: str) -> str:
    """A person who acted: a mention for a Slack id, the plain name for somebody at the terminal."""
    if not name or name == "gonogo":
        return "the bot"
    return f"<@{name}>" if _PERSON_ID.fullmatch(name) else line(name, 80)


def acted(what: PersonActed | Fact | Actor) -> str:
    """Who did this, and where, and as which system user, if that was at the terminal."""
    what = what.by if isinstance(what, Fact) else what
    door = what.door if isinstance(what, PersonActed) else door_in_words(what)
    # at the terminal a system user may be called "gonogo"; that is not the bot
    who = line(what.person, 80) if door and what.person == "gonogo" else person(what.person)
    return f"{who} {line(door, 300)}".rstrip()


def moment_of(at: datetime, zone: str) -> str:
    """A day and a time of day. Slack shows it in each reader's own zone, or as the fallback text in `zone`."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at.astimezone(ZoneInfo(zone)):%d %b %H:%M}>"


def mention(name: str) -> str:
    """A mention of a person or a user group; any other text stays plain."""
    return f"<!subteam^{name}>" if _GROUP_ID.fullmatch(name) else person(name)


def with_mentions(sentence: str) -> str:
    """A sentence in which bare ids of users and channels become mentions, which Slack shows as names.

    A word without a digit, such as URGENT, is none: Slack's ids have one.
    """
    people = re.sub(r"\b([UW](?=[A-Z]*[0-9])[A-Z0-9]{5,})\b", r"<@\1>", escape(sentence))
    return re.sub(r"\b(C0[A-Z0-9]{5,})\b", r"<#\1>", people)


def without_ids(sentence: str) -> str:
    """A sentence for a place that shows no mentions: the id of a channel says nothing there."""
    return re.sub(r"\b(C0[A-Z0-9]{5,})\b", "the channel", sentence)


def with_owner(sentence: str) -> str:
    """A sentence like “shop is frozen by U0123: why”, with mentions before the colon only.

    What follows are the words of a person or a calendar, which call nobody.
    """
    bots, colon, theirs = sentence.partition(": ")
    return f"{with_mentions(bots)}{colon}{escape(theirs)}"


def time_of(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """A time of day. Slack shows it in each reader's own zone, or as the fallback text in `zone`."""
    token = "{time_secs}" if seconds else "{time}"
    return f"<!date^{int(at.timestamp())}^{token}|{clock_time(at, zone, seconds=seconds)}>"


def clock_time(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """A time of day in the team's zone, for where Slack shows no reader's own: "22:14"."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S" if seconds else "%H:%M")
