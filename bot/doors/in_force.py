"""What the serving bot runs with, as the terminal must believe it.

Whoever types a command sets his own environment, so that proves nothing. `gonogo serve` therefore writes what counts
into the record: who may act at the terminal, who holds the roles, the channel, the pages, and the speed. Who can
write the record could write anything else into it, too: its permissions are the boundary.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace

from bot.doors.deps import Deps
from bot.doors.served_names import FREEZES, SPEED, USES_SLACK, VARIABLE, names_of, page_key
from bot.doors.system_user import SystemUser
from bot.doors.terminal_users import read_terminal_users
from bot.environment import channel, people_of
from bot.settings import Settings
from commands.runbook import Page
from commands.start.watch_speed import read_watch_speed
from state.errors import BadSettings, NotAllowed, Refused
from state.facts import Actor, Door
from state.frozen import dataclass
from state.store.journal import KEY_IN_FORCE

LONGEST_NAME = 80  # characters of a name that somebody claims
_SLACK_ID = re.compile(r"[A-Z][A-Z0-9]{1,20}")


def to_put_in_force(settings: Settings, pages: Iterable[Page]) -> dict[str, str]:
    """What `gonogo serve` stores, by name. Raises BadSettings."""
    value = settings.environ.get(VARIABLE, "")
    read_terminal_users(value)
    values = {VARIABLE: value, SPEED: str(settings.speed)}
    if file := settings.environ.get(FREEZES, ""):
        values[FREEZES] = file
    for page in pages:
        for variable in names_of(page):
            values[variable] = _ids(settings.environ.get(variable, ""))
        values[page_key(page)] = _digest(page)
    key = settings.find_record_key()
    return {**values, KEY_IN_FORCE: key.id if key else "", USES_SLACK: "yes" if settings.slack else "no"}


def as_served(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The caller's settings, with or without Slack as the last serving bot."""
    return replace(settings, slack=values.get(USES_SLACK) != "no")


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What the last serving bot has stored; empty if none has served the record yet."""

    values: Mapping[str, str] = field(default_factory=dict)

    def deps(self, deps: Deps) -> Deps:
        """What the doors need, with the people, the channel and the speed of the serving bot."""
        if not self.values:
            return deps
        return replace(
            deps,
            people=lambda page: people_of(page, self.values),
            channel=lambda page: channel(page, self.values),
            speed=read_watch_speed(self.values.get(SPEED, "1")),
        )

    @property
    def uses_slack(self) -> bool:
        """Whether the serving bot serves Slack, as far as is known."""
        return self.values.get(USES_SLACK) != "no"

    def require_page(self, page: Page) -> None:
        """Raise Refused if the serving bot has another text of this page, or none."""
        if not self.serves(page):
            raise Refused(
                f"{page.name} is not the page that the bot serves. Set GONOGO_RUNBOOK as the bot has it; "
                "after a change of the page, restart `gonogo serve`."
            )

    def require_freezes(self, file: str) -> None:
        """Raise Refused if the serving bot has another file of freezes than the caller's environment names."""
        if self.values.get(FREEZES, "") not in {"", file}:
            raise Refused(f"The bot has freezes in a file that is not named here. Set {FREEZES} as the bot has it.")

    def serves(self, page: Page) -> bool:
        """Whether the serving bot has this very text of the page."""
        return self.values.get(page_key(page)) == _digest(page)

    def actor(self, user: SystemUser, name: str) -> Actor:
        """Who acts, for what everybody may do. `name` is what the person claims to be; empty for no claim."""
        claim = " ".join(name.split())[:LONGEST_NAME]
        known = ""
        # whatever the bot's environment says, nobody is kept from stopping
        with suppress(BadSettings):
            known = "" if user.doubt else self._person(user)
        claimed = bool(claim) and claim not in {known, user.name}
        return Actor(person=claim or known or user.name, door=Door.TERMINAL, account=user.account, claimed=claimed)

    def known_actor(self, user: SystemUser, name: str) -> Actor:
        """Who acts, for what continues a run. Raises NotAllowed unless the bot's environment says who this user is."""
        if user.doubt:
            raise NotAllowed(
                f"At the terminal only your own system user may do this, and {user.doubt}. Log in as yourself, or do "
                "it in Slack. Holding, refusing and rolling back work from here."
            )
        person = self._person(user)
        if not person:
            raise NotAllowed(
                f"Nothing says who system user {user.name} is. Set {VARIABLE} (like {user.name}=U0123) in the "
                "environment of `gonogo serve` and restart it, or do this in Slack."
            )
        if name and name != person:
            raise NotAllowed(
                f"System user {user.name} is {person} by the bot's {VARIABLE}, not {name[:LONGEST_NAME]}. "
                "Leave out --as."
            )
        return Actor(person=person, door=Door.TERMINAL, account=user.account)

    def _person(self, user: SystemUser) -> str:
        return read_terminal_users(self.values.get(VARIABLE, "")).get(user.name, "")


def _ids(value: str) -> str:
    """The Slack ids in a value; what is none, as where a page names a token's variable by mistake, is not stored."""
    return ",".join(part.strip() for part in value.split(",") if _SLACK_ID.fullmatch(part.strip()))


def _digest(page: Page) -> str:
    return hashlib.sha256(page.text.encode()).hexdigest()
