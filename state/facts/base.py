"""What every fact has: its kind, who acted, when, and the key that makes it unique."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from state import shortening
from state.frozen import dataclass

LONGEST_REASON = 500  # characters


class FactKind(StrEnum):
    """The kinds of facts, by the words under which they are stored."""

    SIGNATURE = "sign"
    ANSWER = "answer"
    AGREEMENT = "second"
    EARLY_KEEP = "early keep"
    EARLY_KEEP_AGREEMENT = "early keep agreed"
    HOLD = "hold"
    RESUME = "resume"
    ROLLBACK = "rollback"
    KEEP = "keep"
    CLOSED = "end"
    NEXT_RUN = "next"
    COUNTDOWN = "countdown"
    ALERT_HOLD = "false alarm"
    COUNTDOWN_END = "recovered"
    ENVIRONMENT = "environment"
    LAPSED = "lapsed"
    NOTE = "note"
    TAKES_PART = "takes part"
    DRILL_BEGUN = "drill begun"
    SURPRISE = "surprise"
    PLANNED = "planned"
    START_QUESTION = "start question"
    PUT_OFF = "put off"
    QUEUE_MOVE = "queue move"
    START_OBJECTION = "objection"
    START_AGREEMENT = "start agreed"
    HANDOVER_OFFER = "handover offered"
    HANDOVER_END = "handover ended"


class Door(StrEnum):
    """Where somebody acted: in Slack, at the terminal, or the bot itself."""

    SLACK = "slack"
    TERMINAL = "terminal"
    BOT = "gonogo"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts (a Slack user id, or the name of a system user), and through which door.

    `account` is the system user that ran the command at the terminal, as `name@host`. It is empty at the other doors,
    and in facts that an earlier version wrote. `claimed` means that nothing shows that this account is the person's.
    """

    person: str
    door: Door
    account: str = ""
    claimed: bool = False

    @property
    def system_user(self) -> str:
        """The name of the system user at the terminal, without the host; empty where it is not known."""
        return self.account.rpartition("@")[0]

    def may_be(self, other: Actor) -> bool:
        """Whether both may be the same person: one Slack user, or one system user at the terminal.

        A system user that is not known, in a fact of an earlier version, may be any of them.
        """
        if self.person == other.person:
            return True
        at_terminal = self.door is Door.TERMINAL and other.door is Door.TERMINAL
        known = self.system_user and other.system_user
        return at_terminal and (not known or self.system_user == other.system_user)


# the bot itself, when it acts on an alert
BOT = Actor(person="gonogo", door=Door.BOT)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts: who acted, through which door, and when."""

    kind: ClassVar[FactKind]

    by: Actor
    at: datetime

    @property
    def person(self) -> str:
        """The person who acted."""
        return self.by.person

    @property
    def key(self) -> str:
        """Unique within a run: of several facts with the same key, only the first is stored."""
        return self.kind.value


def shortened(reason: str) -> str:
    """A reason as it is stored: stripped, and cut to LONGEST_REASON characters with a note."""
    return shortening.shortened(reason.strip(), LONGEST_REASON)
