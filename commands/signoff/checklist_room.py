"""How much of a long checklist one message shows: the roles share its room."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from state.frozen import dataclass

# UTF-16 units, in which most emoji count as two
ROOM = 7_500  # of a message that Slack may refuse above some 11,000, beside its buttons, reasons and evidence
DECISION_ROOM = 3_500  # of the items of KEEP or ROLLBACK, whose message holds the criteria, too
LONGEST = 2_500  # of one item, in a section that takes 3,000 with what is said of the cut
_HEAD = 150  # for the line of each role, with its people
_BULLET = 9  # before each item, with the end of its line
_NOTE = 200  # for what is said of the items that are left out or cut
_LEAST = 100  # below that, the beginning of an item is of no use


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a message shows of a role's items: the first `count` of `of`, each cut at `limit` UTF-16 units."""

    role: str
    count: int
    of: int
    limit: int = LONGEST


def shown_items(items: Sequence[tuple[str, str]], room: int = ROOM) -> dict[str, Shown]:
    """What one message shows of a checklist of (role, text), by role.

    Roles that need less than an equal share leave the rest of it to the others. A pure function of the page, so that
    `gonogo check` can say beforehand what the message will leave out.
    """
    needed: dict[str, list[int]] = {}
    for role, text in items:
        needed.setdefault(role, []).append(min(written_length(text), LONGEST) + _BULLET)
    left = max(room - _HEAD * len(needed), 0)
    if any(written_length(text) > LONGEST for _, text in items) or sum(map(sum, needed.values())) > left:
        left = max(left - _NOTE * len(needed), 0)
    shown: dict[str, Shown] = {}
    by_need = sorted(needed, key=lambda role: sum(needed[role]))
    for number, role in enumerate(by_need):
        share = left // (len(by_need) - number)
        shown[role], used = _within(role, needed[role], share)
        left -= used
    return {role: shown[role] for role in needed}


def cut_items(items: Sequence[tuple[str, str]], room: int = ROOM) -> Iterator[tuple[int, int]]:
    """The items of which a message shows the beginning only: the number on the page, from 1, and how much is shown."""
    shown, seen = shown_items(items, room), dict.fromkeys((role for role, _ in items), 0)
    for number, (role, text) in enumerate(items, start=1):
        seen[role] += 1
        if seen[role] <= shown[role].count and written_length(text) > shown[role].limit:
            yield number, shown[role].limit


def written_length(text: str) -> int:
    """The length of a text on one line, as a message has it: `&`, `<` and `>` are written as entities there."""
    return len(html.escape(" ".join(text.split()), quote=False).encode("utf-16-le", "replace")) // 2


def _within(role: str, needed: Sequence[int], share: int) -> tuple[Shown, int]:
    """What is shown of a role's items within a share, and how much of it they take."""
    count = used = 0
    for need in needed:
        if used + need > share:
            break
        count, used = count + 1, used + need
    if count == 0 and share - _BULLET >= _LEAST:
        return Shown(role=role, count=1, of=len(needed), limit=share - _BULLET), share
    return Shown(role=role, count=count, of=len(needed)), used
