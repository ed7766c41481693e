"""Who may act at all: a real person of the bot's workspace, in the run's channel."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterator
from typing import Any

from bot.slack.answers import KEPT, NotAnswered
from bot.slack.api_error import TO_BE_MENDED, what_to_do
from bot.slack.directory import Account, Directory, Workspace
from bot.slack.origin import Origin
from bot.slack.user_groups import UserGroups
from commands.runbook import Page
from commands.signoff.permissions import PERMISSIONS
from commands.text.phrases import capitalized
from state.errors import NotAllowed, Refused
from state.frozen import dataclass

# free for every member of the channel, and never kept waiting
STOPPING = frozenset(str(act).replace(" ", "_") for act, row in PERMISSIONS.items() if row.stops)
STOP_WAIT = 0.25  # seconds that stopping waits for Slack about somebody who is not known yet
ASK_LIMIT = 1.5  # seconds that going on waits for Slack; a form must be answered within 3
ABSENT = 2.0  # seconds after which the members are asked for again because of somebody who is not among them

STRANGER = "Only people of the workspace that the bot belongs to may do this. Your account belongs to another one."
GUEST = "Guests may not do this. A full member of the workspace can. You can still hold, refuse and roll back."
BOT = "Bots may not do this. A person can."
DEACTIVATED = "Your account is deactivated, so you may not do this."
NOT_KNOWN = (
    "Slack has not said yet whether you are in the channel of this run. Press it again, or use the run's card there."
)


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The channels that somebody has `joined`, and those of which nobody knows the members."""

    joined: frozenset[str]
    unknown: frozenset[str] = frozenset()


class Membership:
    """Asks Slack who somebody is, and refuses whom the rules refuse.

    Going on is refused unless Slack says now that all is well. Stopping and reading are refused only to those whom
    something known forbids it, so that they work while Slack cannot be asked.
    """

    def __init__(self, directory: Directory, groups: UserGroups) -> None:
        self._directory = directory
        self._groups = groups
        self._asking: set[asyncio.Task[Any]] = set()

    async def require_member_now(self, origin: Origin, channel: str, page: Page) -> None:
        """For going on: Slack is asked now. Raises NotAllowed, or Refused if Slack does not answer."""
        require_channel(origin, channel)
        directory, person = self._directory, origin.person
        try:
            async with asyncio.timeout(ASK_LIMIT):
                workspace = directory.workspace.known("") or await directory.workspace.fresh("")
                _require_own_team(origin, workspace)
                account, members, _ = await asyncio.gather(
                    directory.accounts.fresh(person),
                    directory.members.fresh(channel),
                    self._groups.ask_again(page, person),
                )
        except (NotAnswered, TimeoutError) as error:
            raise Refused(_not_now(error)) from None
        _require_full_member(account, workspace)
        _require_member(person, channel, members)

    async def may_act_now(self, person: str, channel: str, page: Page) -> bool:
        """Whether somebody who decided earlier could do so now. Raises Refused if Slack does not answer.

        Every group of the page is asked for: this person's own may not be known since the bot started.
        """
        directory = self._directory
        try:
            async with asyncio.timeout(ASK_LIMIT):
                workspace = directory.workspace.known("") or await directory.workspace.fresh("")
                account, members, _ = await asyncio.gather(
                    directory.accounts.fresh(person),
                    directory.members.fresh(channel),
                    self._groups.ask_all(page),
                )
        except (NotAnswered, TimeoutError) as error:
            raise Refused(_not_now(error)) from None
        try:
            _require_full_member(account, workspace)
            _require_member(person, channel, members)
        except NotAllowed:
            return False
        return True

    async def channels_of(self, origin: Origin, channels: Collection[str], *, ask: bool) -> Channels:
        """In which of these channels somebody is known to be, so that they may read of them.

        The last answers count, also old ones. With `ask`, Slack is asked for what is not known. Raises NotAllowed for
        whom the rules keep from reading, and Refused if nobody knows who this is.
        """
        directory, person = self._directory, origin.person
        try:
            async with asyncio.timeout(ASK_LIMIT):
                if ask:
                    await asyncio.gather(*map(_quietly, self._unknown_to(person, channels)))
                workspace = directory.workspace.known("") or await directory.workspace.fresh("")
                account = directory.accounts.known(person) or await directory.accounts.fresh(person)
        except (NotAnswered, TimeoutError) as error:
            raise Refused(f"{str(error) or 'Slack gives no answer'}, so nobody knows which runs you may see.") from None
        _require_own_team(origin, workspace)
        _require_account(account, workspace)
        members = {channel: directory.members.known(channel) for channel in channels}
        return Channels(
            joined=frozenset(channel for channel, people in members.items() if people and person in people),
            unknown=frozenset(channel for channel, people in members.items() if people is None),
        )

    def _unknown_to(self, person: str, channels: Collection[str]) -> Iterator[Coroutine[Any, Any, object]]:
        """What to ask Slack for somebody who has just come: they may have joined a channel a moment ago."""
        directory = self._directory
        if directory.workspace.known("") is None:
            yield directory.workspace.fresh("")
        if directory.accounts.known(person) is None:
            yield directory.accounts.fresh(person)
        for channel in channels:
            if person not in (directory.members.known(channel) or ()) and directory.members.age(channel) > ABSENT:
                yield directory.members.fresh(channel)

    async def require_nothing_against(self, origin: Origin, channel: str) -> None:
        """For stopping and reading: raise NotAllowed if anything known forbids it. Waits for Slack STOP_WAIT at most.

        The last answers count, also old ones: while Slack cannot be asked they are what is known.
        """
        require_channel(origin, channel)
        questions = self._open_questions(origin, channel)
        tasks = {asyncio.create_task(_quietly(question)) for question in questions}
        self._asking |= tasks  # a task that nobody holds may vanish before its end
        for task in tasks:
            task.add_done_callback(self._asking.discard)
        if tasks and (origin.on_home or not self._is_known_member(origin, channel)):
            await asyncio.wait(tasks, timeout=STOP_WAIT)
        self._require_nothing_known(origin, channel)

    def _open_questions(self, origin: Origin, channel: str) -> list[Coroutine[Any, Any, object]]:
        """What to ask Slack because it is not known, or no longer. A known member does not wait for the answers.

        An old Home may still show a run after its person has left the channel, so there it is asked about again.
        """
        directory, person = self._directory, origin.person
        questions: list[Coroutine[Any, Any, object]] = []
        if directory.workspace.known("") is None:
            questions.append(directory.workspace.fresh(""))
        if directory.accounts.age(person) > KEPT:
            questions.append(directory.accounts.fresh(person))
        is_member = person in (directory.members.known(channel) or ()) and not origin.on_home
        kept = KEPT if is_member else ABSENT
        if directory.members.age(channel) > kept:
            questions.append(directory.members.fresh(channel))
        return questions

    def _is_known_member(self, origin: Origin, channel: str) -> bool:
        directory = self._directory
        everything = (directory.workspace.known(""), directory.accounts.known(origin.person))
        if None in everything or origin.person not in (directory.members.known(channel) or ()):
            return False
        try:
            self._require_nothing_known(origin, channel)
        except NotAllowed:
            return False
        return True

    def _require_nothing_known(self, origin: Origin, channel: str) -> None:
        workspace = self._directory.workspace.known("")
        account = self._directory.accounts.known(origin.person)
        members = self._directory.members.known(channel)
        if workspace:
            _require_own_team(origin, workspace)
        elif len(origin.teams) > 1:  # the person's workspace is not the app's
            raise NotAllowed(STRANGER)
        if account and workspace:
            _require_account(account, workspace)
        if members is not None:
            _require_member(origin.person, channel, members)
        elif origin.on_home:  # a message of the channel is seen by its members alone; a Home says nothing of that
            raise Refused(NOT_KNOWN)


def require_channel(origin: Origin, channel: str) -> None:
    """Raise Refused if somebody acts outside the channel of the run, and not on their App Home either."""
    if not channel:
        raise Refused("This run has no Slack channel. Use the terminal: gonogo status.")
    if origin.channel != channel and not origin.on_home:
        raise Refused(f"This works only in {channel}, the channel of the run. Do it there.")


def _require_own_team(origin: Origin, workspace: Workspace) -> None:
    """A person of the same Enterprise Grid organization passes here; the account tells whether it is a member."""
    same = bool(workspace.enterprise) and origin.enterprise == workspace.enterprise
    if origin.teams - {workspace.team} and not same:
        raise NotAllowed(STRANGER)


def _require_account(account: Account, workspace: Workspace) -> None:
    if account.is_foreign_to(workspace):
        raise NotAllowed(STRANGER)
    if account.bot:
        raise NotAllowed(BOT)
    if account.deactivated:
        raise NotAllowed(DEACTIVATED)


def _require_full_member(account: Account, workspace: Workspace) -> None:
    _require_account(account, workspace)
    if not account.belongs_to(workspace):
        raise NotAllowed(STRANGER)
    if account.guest:
        raise NotAllowed(GUEST)


def _require_member(person: str, channel: str, members: frozenset[str]) -> None:
    if person not in members:
        raise NotAllowed(f"Only members of {channel} may do this. Join the channel first.")


def _not_now(error: Exception) -> str:
    name = error.name if isinstance(error, NotAnswered) else ""
    todo = capitalized(what_to_do(name)) if name in TO_BE_MENDED else "Try again in a minute"
    return (
        f"{str(error) or 'Slack gives no answer'}, so the bot cannot check whether you may do this. {todo}. "
        "Nothing was recorded. You can still roll back, hold and refuse."
    )


async def _quietly(question: Coroutine[Any, Any, object]) -> None:
    """Ask a question whose answer is kept; that there is none shows in what is known."""
    try:
        await question
    except NotAnswered:
        return
