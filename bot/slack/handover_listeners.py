"""What Slack sends about handing over a role: the command and its form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncAck, AsyncRespond

from bot.slack.acts import Acts
from bot.slack.handover_acts import Offer
from bot.slack.origin import Origin, origin_of
from bot.slack.replying import Body, command_id, respond_to, result_or_refusal, write_then_ack
from bot.slack.slash_command import Reply
from bot.slack.views.handover import TITLE, TO, handover_from, handover_modal

# what answers an offer, as it is typed -> the button that does it
ANSWERS = {"take": "take_over", "decline": "decline", "withdraw": "withdraw"}


class HandoverListeners(ABC):
    """The part of the listeners that hands roles over. How forms open and close is theirs."""

    acts: Acts

    @abstractmethod
    async def _answer(self, body: Body, respond: AsyncRespond, reply: Reply) -> None: ...

    @abstractmethod
    async def _open(self, body: Body, respond: AsyncRespond, view: Body) -> None: ...

    @abstractmethod
    async def _write_form(
        self, ack: AsyncAck, body: Body, act: Callable[[], Awaitable[str]], field: str, title: str
    ) -> None: ...

    async def hand_over(self, ack: AsyncAck, respond: AsyncRespond, body: Body, words: str) -> None:
        """`/deploy handover`: offer a role or answer an offer. Where it does not say to whom, a form asks."""
        origin, press = origin_of(body), command_id(body)
        if action := ANSWERS.get(words.strip().lower()):
            await respond_to(respond, await write_then_ack(ack, lambda: self.acts.type(origin, action, "", press)))
            return
        asked = await result_or_refusal(lambda: self.acts.handovers.read(origin, words, press))
        if isinstance(asked, Offer):
            await respond_to(respond, await write_then_ack(ack, lambda: self.acts.handovers.offer(origin, asked)))
            return
        await ack()
        form = asked or await result_or_refusal(lambda: self._handover_form(origin))
        if isinstance(form, str):
            await self._answer(body, respond, form)
        else:
            await self._open(body, respond, form)

    async def _handover_form(self, origin: Origin) -> Body:
        return handover_modal(await self.acts.handovers.choices(origin), origin.channel)

    async def give_handover(self, ack: AsyncAck, body: Body) -> None:
        """The form that hands a role over was submitted. It closes when the offer is written, or shows why not."""
        run, role, to, why = handover_from(body["view"]["state"])
        asked = Offer(to=to, role=role, reason=why, run=run, press=str(body["view"].get("id", "")))
        origin = origin_of(body)
        await self._write_form(ack, body, lambda: self.acts.handovers.offer(origin, asked), TO, TITLE)
