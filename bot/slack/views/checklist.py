"""The checklist of a sign-off: every role, with its items as far as one message holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.slack.views.blocks import sections_of
from bot.slack.views.panel import NOT_ASKED
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, counted, line, time_of
from commands.signoff.checklist_room import Shown, shown_items, written_length
from commands.signoff.waiting import Waiting
from state.events import PeopleAsked
from state.facts import Signature


def checklist(snapshot: Snapshot, data: PeopleAsked, waiting: Waiting | None) -> list[str]:
    """Texts for sections: each role, mentioned while its signature is missing and ticked once it has signed."""
    missing = set(waiting.roles) if waiting else set()
    shown, lines = shown_items(data.items), []
    for role in data.roles:
        lines.append(_role_line(snapshot, data, role, is_missing=role in missing))
        if role in shown:
            texts = [text for item_role, text in data.items if item_role == role]
            lines += item_lines(texts, shown[role], _place(snapshot, data.step))
    return sections_of(lines)


def signature_of(snapshot: Snapshot, data: PeopleAsked, role: str) -> Signature | None:
    """The newest signature or refusal of a role on this question; None if there is none."""
    return snapshot.record.newest(Signature, step=data.step, attempt=data.attempt, role=role)


def _role_line(snapshot: Snapshot, data: PeopleAsked, role: str, *, is_missing: bool) -> str:
    signed = signature_of(snapshot, data, role)
    if signed and not signed.refused:
        at = time_of(signed.at, snapshot.page.runbook.time_zone)
        return f"☑️ {snapshot.title_of(role)}: signed by {acted(signed)} at {at}"
    people = f"  {snapshot.mentions_of(role)}" if is_missing else ""
    return f"{'⛔' if signed else '⬜' if is_missing else NOT_ASKED} {snapshot.title_of(role)}{people}"


def item_lines(texts: Sequence[str], shown: Shown, place: str, mark: str = "      •") -> Iterator[str]:
    """A line for each item that is shown, and how many are not; `place` is where the page has them all."""
    for text in texts[: shown.count]:
        is_cut = written_length(text) > shown.limit
        yield f"{mark} {line(text, shown.limit)}" + (f" ✂️ *cut here*; the whole item is in {place}" if is_cut else "")
    if left := shown.of - shown.count:
        more = f"{left} of {counted(shown.of, 'item')} {'is' if left == 1 else 'are'} not shown"
        yield f"      ✂️ *{more}*; read the rest in {place}"


def _place(snapshot: Snapshot, step: str) -> str:
    """Where the page has the whole checklist."""
    number = next((f", line {one.line}" for one in snapshot.page.steps if one.id == step), "")
    return f"{page_name(snapshot)}{number}"


def page_name(snapshot: Snapshot) -> str:
    """The name of the run's page, in code style."""
    name = snapshot.record.run.page.replace("`", "'")
    return f"`{line(name, 80)}`"
