"""The App Home: what waits for its person, what runs in their channels, roles, the last runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.doors.visible import is_visible
from bot.slack.asked_events import question_key
from bot.slack.overview import ActiveRun, Overview, QueuedRun
from bot.slack.views.blocks import Block, actions, button, context, header, message, section
from bot.slack.views.card import banner, countdown_blocks, headline, hold_button, progress
from bot.slack.views.questions import question
from bot.slack.views.queue import queue_lines, start_question
from bot.slack.views.start_gate import gate_question
from bot.slack.views.waiting import waiting_lines
from bot.text import bold, counted, line, moment_of, time_of, with_mentions
from commands.progress.drill import MARK
from commands.runbook.people import roles_of
from commands.signoff.waiting import Waiting
from commands.signoff.waits_for import waits_for
from commands.text.durations import format_duration
from state.events import Ask, PeopleAsked, StartAsked
from state.frozen import dataclass

ROOM = 84  # blocks for questions and runs; Slack takes 100, and the rest is for everything around them
MOST_ROLES, MOST_ENDED = 12, 6
KEPT_FOR = timedelta(minutes=10)  # how long a Home is kept up to date after it was opened
START_BUTTON = "open_start"
QUIET = "✅ Nothing is running in your channels, and nothing is waiting for you."
NO_CHANNEL = "You are in none of the channels that this bot deploys from. Join one, then open this tab again."
Group = list[Block]
Asked = tuple[ActiveRun, Waiting]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose Home it is, and the channels of runs that this person is known to be in.

    Of `unknown` further ones Slack has not said who is in them.
    """

    person: str
    channels: frozenset[str]
    unknown: int = 0

    @property
    def warning(self) -> str:
        """What is left out because nobody knows whether this person may see it."""
        if not self.unknown:
            return ""
        return f"⚠️ Slack does not say who is in {counted(self.unknown, 'channel')}, so runs may be missing here."


def home_blocks(overview: Overview, reader: Reader, notice: str = "") -> list[Block]:
    """What one person's Home shows: nothing of a channel that they are not in. `notice` is the answer to their press.

    Equal lists of blocks show the same: a Home is published again only for news.
    """
    if not reader.channels:
        return _with_ids([section(notice), section(reader.warning or NO_CHANNEL)])
    runs = [run for run in overview.active if is_visible(run.run, reader.channels)]
    asked = [one for run in runs for one in _asked(run, reader.person)]
    queued = [one for one in overview.queued if is_visible(one.run, reader.channels)]
    starts = [one for one in queued if one.waits_for(reader.person)]
    groups = itertools.chain((_question(*one) for one in asked), (_start_question(one) for one in starts))
    number = len(asked) + len(starts)
    waits, room = _fitting(groups, number, ROOM, "question")
    active, _ = _fitting((_run(run, asked) for run in runs), len(runs), room, "run")
    unread = [one.why for one in overview.unread if is_visible(one.run, reader.channels)]
    blocks = [
        section(notice),
        header(f"🙋 Waiting for you: {number}") if number else None,
        *waits,
        header(f"🚀 Running: {len(runs)}") if runs else None,
        *active,
        section(_queued(queued)),
        section("\n".join([reader.warning, *(f"⚠️ {why}" for why in unread[:4])]).strip()),
        section("" if runs or queued or unread or reader.warning else QUIET),
        section(_frozen(overview, reader)),
        _start(overview, reader),
        section(_roles(overview, reader)),
        section(_ended(overview, reader)),
        context(f"Shows the runs of your channels: {' '.join(f'<#{one}>' for one in sorted(reader.channels)[:20])}"),
    ]
    return _with_ids(blocks)


def _frozen(overview: Overview, reader: Reader) -> str:
    """What is frozen or locked in the reader's channels."""
    lines = [line for one in overview.pages if one.channel in reader.channels for line in one.frozen]
    return with_mentions("\n".join(list(dict.fromkeys(lines))[:4]))


def home_view(blocks: Sequence[Block], now: datetime) -> Block:
    """The view to publish at `now`. Slack tells nobody when a Home is closed, so it says how long it stays true."""
    kept = format_duration(KEPT_FOR)
    footer = f"As of {time_of(now, 'UTC', seconds=True)}. This tab follows the runs for {kept} after you open it."
    return {"type": "home", "blocks": [*blocks, context(footer)]}


def refused_blocks(why: str, notice: str = "") -> list[Block]:
    """The Home of somebody of whom nobody knows what they may see."""
    return _with_ids([section(notice), section(f"🚫 {why}")])


def _with_ids(blocks: Sequence[Block | None]) -> list[Block]:
    return message("Home", list(blocks)).blocks


def _asked(run: ActiveRun, person: str) -> list[Asked]:
    """The questions of a run that wait for this person; its countdowns are one, because they are drawn together."""
    page, record = run.snapshot.page, run.snapshot.record
    mine = [one for one in run.status.waiting if waits_for(person, run.people, page, record, one)]
    counting = [one for one in mine if one.ask is Ask.COUNTDOWN][:1]
    return [(run, one) for one in (*counting, *(one for one in mine if one.ask is not Ask.COUNTDOWN))]


def _fitting(groups: Iterable[Group], number: int, room: int, noun: str) -> tuple[list[Block | None], int]:
    """The groups of blocks that fit, a sentence for those that do not, and the room that is left."""
    blocks: list[Block | None] = []
    for shown, group in enumerate(groups):
        if len(blocks) + len(group) > room:
            left = counted(number - shown, f"more {noun}")
            more = f"… and {left}: too many for this tab. See the cards in the channels."
            return [*blocks, section(more)], 0
        blocks += group
    return blocks, room - len(blocks)


def _question(run: ActiveRun, waiting: Waiting) -> Group:
    """One question, drawn as it stands in the run's thread, with the same buttons."""
    event = run.asked.get(question_key(waiting))
    asked_at = f" · asked {moment_of(event.at, run.status.zone)}" if event else ""
    if event and isinstance(event.data, PeopleAsked):
        draw = gate_question if waiting.ask is Ask.START else question
        drawn: Sequence[Block | None] = draw(run.snapshot, event, event.data).blocks
    else:  # a countdown
        drawn = countdown_blocks(run.snapshot, run.status, clock=False)
    mark = f"{MARK} · " if run.run.drill else ""
    where = context(f"{mark}{line(run.run.target, 100)} · {_number(run)}{asked_at}")
    return [block for block in (where, *drawn) if block]


def _start_question(one: QueuedRun) -> Group:
    """Whether a queued start begins now, drawn as in its thread, with the same buttons."""
    event = one.asked
    if event is None or not isinstance(event.data, StartAsked):
        return []
    return start_question(one.snapshot, event, event.data).blocks


def _queued(queued: Sequence[QueuedRun]) -> str:
    """The queues of the reader's channels."""
    if not queued:
        return ""
    lines = queue_lines((one.place for one in queued), queued[0].snapshot.page.runbook.time_zone)
    return f"🕓 *Queued: {len(queued)}*\n{lines}"


def _run(run: ActiveRun, asked: Sequence[Asked]) -> Group:
    """A run in short, with the buttons of its card. An alert that is shown above is not shown again."""
    snapshot, status = run.snapshot, run.status
    is_called = any(one is run and waiting.ask is Ask.COUNTDOWN for one, waiting in asked)
    countdowns = [] if is_called else countdown_blocks(snapshot, status, clock=False)
    lines = [bold(headline(status)), _number(run), progress(snapshot, status, clock=False)]
    lines += [banner(snapshot, status, clock=False), waiting_lines(snapshot, status, mentions=False)]
    rollback = None if status.countdowns else snapshot.rollback_button()
    drawn = [section("\n".join(filter(None, lines))), *countdowns, actions(rollback, hold_button(snapshot, status))]
    return [block for block in drawn if block]


def _number(run: ActiveRun) -> str:
    return f"Run {run.run.id}" + (f" · <#{run.run.channel}>" if run.run.channel else "")


def _start(overview: Overview, reader: Reader) -> Block | None:
    can_start = any(one.channel in reader.channels for one in overview.pages)
    return actions(button(START_BUTTON, "🚀 Start a deployment…", START_BUTTON)) if can_start else None


def _roles(overview: Overview, reader: Reader) -> str:
    """The roles that the reader holds, by page."""
    lines = []
    for one in overview.pages:
        titles = [one.page.roles[role].title for role in sorted(roles_of(reader.person, one.people))]
        if titles and one.channel in reader.channels:
            lines.append(f"• {line(one.page.title, 60)}: {bold(', '.join(titles), 120)}")
    if not lines:
        return "*Your roles*: none. You can still watch, hold and roll back."
    return "\n".join(["*Your roles*", *_cut(lines, MOST_ROLES, "page")])


def _ended(overview: Overview, reader: Reader) -> str:
    ended = [one for one in overview.ended if is_visible(one.run, reader.channels)]
    if not ended:
        return ""
    lines = [
        f"{line(one.headline, 200)} · run {one.run.id} · `{line(one.run.release, 60)}`"
        + (f" · {moment_of(one.run.ended_at, one.zone)}" if one.run.ended_at else "")
        for one in ended
    ]
    return "\n".join(["*Last runs*", *lines[:MOST_ENDED], "All of them: `/deploy history` in the channel"])


def _cut(lines: Sequence[str], most: int, noun: str) -> list[str]:
    """The first lines, and how many more there are."""
    more = [f"… and {counted(len(lines) - most, f'more {noun}')}"] if len(lines) > most else []
    return [*lines[:most], *more]
