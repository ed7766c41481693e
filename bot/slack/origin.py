"""Who pressed, typed or submitted, and where: what Slack's payload says of that by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.text.foreign_json import read_json
from state.frozen import dataclass

HOME = "home"  # stands for a channel where somebody acts on their own App Home, which is in none


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a press, a command or a form came from.

    `channel` is "" where the payload names none, and HOME on the person's own App Home. `teams` are all workspaces that
    the payload names: that of the person and that of the app; in a Slack Connect channel they differ. `enterprise` is
    the Enterprise Grid organization; "" if there is none.
    """

    person: str
    channel: str
    teams: frozenset[str]
    enterprise: str = ""

    @property
    def on_home(self) -> bool:
        """Whether it came from the person's App Home. The bot alone draws there, for nobody else."""
        return self.channel == HOME


def origin_of(body: Mapping[str, Any]) -> Origin:
    """The origin of a command, a press or a form. A form's channel is that of the press that opened it."""
    user, team = _part(body, "user"), _part(body, "team")
    channel = body.get("channel_id") or _part(body, "channel").get("id") or _part(body, "container").get("channel_id")
    if _part(body, "view").get("type") == HOME:
        channel = HOME
    names = (body.get("team_id"), team.get("id"), user.get("team_id"))
    enterprise = body.get("enterprise_id") or _part(body, "enterprise").get("id") or team.get("enterprise_id")
    return Origin(
        person=str(body.get("user_id") or user.get("id") or ""),
        channel=str(channel or form_data(body).get("channel") or ""),
        teams=frozenset(str(name) for name in names if name),
        enterprise=str(enterprise or ""),
    )


def origin_of_home(body: Mapping[str, Any]) -> Origin:
    """The origin of an event by which Slack says that somebody has opened their App Home."""
    return Origin(
        person=str(_part(body, "event").get("user") or ""),
        channel=HOME,
        teams=frozenset(str(name) for name in [body.get("team_id")] if name),
        enterprise=str(body.get("enterprise_id") or ""),
    )


def form_data(body: Mapping[str, Any]) -> dict[str, str]:
    """What the bot wrote into a form when it opened it. Nobody but the bot can write there."""
    text = _part(body, "view").get("private_metadata") or "{}"
    return {str(name): str(value) for name, value in read_json(text).items()}


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
