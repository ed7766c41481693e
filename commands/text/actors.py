"""Who acted, in words: the door, and the system user at the terminal."""

from __future__ import annotations

from state.facts import Actor, Door


def door_in_words(actor: Actor) -> str:
    """Where somebody acted, to stand after the name: "at the terminal, as system user ana on host web1".

    Empty in Slack and for the bot itself.
    """
    if actor.door is not Door.TERMINAL:
        return ""
    if not actor.account:
        return "at the terminal"
    user, _, host = actor.account.rpartition("@")
    account = f"system user {user} on host {host}"
    return f"(a name claimed at the terminal by {account})" if actor.claimed else f"at the terminal, as {account}"


def command_of(actor: Actor) -> str:
    """The command that somebody types at their door, before its verb."""
    return "/deploy" if actor.door is Door.SLACK else "gonogo"


def actor_in_words(actor: Actor) -> str:
    """The person and the door: "U0123 at the terminal, as system user ana on host web1"."""
    return f"{actor.person} {door_in_words(actor)}".rstrip()
