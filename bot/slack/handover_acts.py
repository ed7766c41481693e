"""Handing over a role in Slack: who may be asked is found out first, then the offer is written."""

from __future__ import annotations

import re

from bot.doors import actions
from bot.doors.acts_of_run import frozen_page
from bot.doors.deps import Deps
from bot.doors.drill import of_drill, refusals_marked
from bot.slack.channels import channel_of
from bot.slack.lanes import Lane, Lanes
from bot.slack.membership import Membership, require_channel
from bot.slack.origin import Origin
from bot.slack.views.handover import RoleChoice
from commands.progress.handovers import holders
from commands.runbook.people import roles_of
from commands.signoff.handover_rules import role_named
from state.errors import NotAllowed, NothingRuns, Refused
from state.frozen import dataclass
from state.records import Run

_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What somebody types or fills in: a role of a run goes `to` a person.

    Without a `run` it is the only one of the channel, without a `role` the only one that they can hand over.
    """

    to: str
    role: str = ""
    reason: str = ""
    run: int = 0
    press: str = ""


class HandoverActs:
    """What people do in Slack to hand a role over. Every method raises Refused, whose message the person reads."""

    def __init__(self, deps: Deps, membership: Membership, lanes: Lanes) -> None:
        self._deps = deps
        self._membership = membership
        self._lanes = lanes

    async def choices(self, origin: Origin) -> list[RoleChoice]:
        """The roles that somebody may hand over, of this channel's active runs. Raises Refused if there is none."""
        await self._membership.require_nothing_against(origin, origin.channel)
        return await self._lanes.run(Lane.READ, lambda: self._choices(origin))

    async def offer(self, origin: Origin, asked: Offer) -> str:
        """Write the offer; returns the reply."""
        run = await self._lanes.run(Lane.ACT, lambda: self._run(origin, asked.run))
        with refusals_marked(run):
            return of_drill(run, await self._offer(origin, asked, run))

    async def _offer(self, origin: Origin, asked: Offer, run: Run) -> str:
        page = await self._lanes.run(Lane.ACT, lambda: frozen_page(run))
        channel = channel_of(self._deps, run)
        self._deps.alike.require(page)
        await self._membership.require_member_now(origin, channel, page)
        # whoever is no person at all is refused by the rules of the role
        if (
            asked.to != origin.person
            and _PERSON.fullmatch(asked.to)
            and not await self._membership.may_act_now(asked.to, channel, page)
        ):
            raise Refused(
                f"{asked.to} cannot take a role over in this run: only people of this workspace who are in {channel} "
                "can, and no guests or bots. Invite them to the channel first."
            )
        role = (asked.role, asked.reason)
        return await self._lanes.run(
            Lane.ACT,
            lambda: actions.hand_over(self._deps, run, origin.person, asked.to, *role, asked.press),
        )

    async def read(self, origin: Origin, words: str, press: str) -> Offer | None:
        """What a typed command offers: PERSON [ROLE] [WHY]. None where it does not say to whom, so that a form asks."""
        to, _, rest = words.partition(" ")
        if not _PERSON.fullmatch(to) and not re.fullmatch(r"S[A-Z0-9]{2,20}", to):
            return None
        runs = await self._lanes.run(Lane.READ, lambda: self._runs(origin))
        if len(runs) != 1:
            return None
        page = frozen_page(runs[0])
        first, _, why = rest.strip().partition(" ")
        if first and role_named(page, first):
            return Offer(to=to, role=first, reason=why, run=runs[0].id, press=press)
        return Offer(to=to, reason=rest.strip(), run=runs[0].id, press=press)

    def _run(self, origin: Origin, number: int) -> Run:
        if number:
            try:
                run = self._deps.store.run(number)
            except KeyError:
                raise NothingRuns(f"Run {number} is not in this bot's record.") from None
            require_channel(origin, channel_of(self._deps, run))
            return run
        return self._runs(origin)[0]

    def _runs(self, origin: Origin) -> list[Run]:
        """The active runs of a channel. Raises NothingRuns without any."""
        here = [run for run in self._deps.store.active_runs() if channel_of(self._deps, run) == origin.channel]
        if not here:
            raise NothingRuns("No run is active in this channel, so there is no role to hand over.")
        return here

    def _choices(self, origin: Origin) -> list[RoleChoice]:
        found, titles = [], []
        for run in self._runs(origin):
            page = frozen_page(run)
            held = roles_of(origin.person, holders(self._deps.people(page), self._deps.store.record(run.id)))
            allowed = [role for role, box in page.roles.items() if box.handover]
            titles += [page.roles[role].title for role in allowed]
            found += [
                RoleChoice(run=run.id, target=run.target, role=role, title=page.roles[role].title)
                for role in allowed
                if role in held
            ]
        if found:
            return found
        may = ", ".join(dict.fromkeys(titles))
        allowed_text = (
            f"Roles that its page lets be handed over: {may}." if may else "Its page lets none be handed over."
        )
        raise NotAllowed(f"You hold no role of this run that can be handed over. {allowed_text}")
