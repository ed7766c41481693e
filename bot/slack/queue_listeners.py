"""What Slack sends about starts: now, refused because a run is active, or queued."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncRespond

from bot.slack.acts import Acts
from bot.slack.origin import Origin, form_data, origin_of
from bot.slack.replying import REFUSED, Body, command_id, respond_to, result_or_refusal, write_then_ack
from bot.slack.slash_command import Reply, order_of, start_of
from bot.slack.views.because import because_modal
from bot.slack.views.modals import message_modal
from bot.slack.views.queue import queue_form, queue_offer, record_of_offer, request_of
from bot.text import with_mentions
from commands.start.request import StartRequest
from state.errors import AlreadyRunning, NeedsReason, Refused


class QueueListeners(ABC):
    """The part of the listeners that starts runs now or later. How a press is answered is theirs."""

    acts: Acts

    @abstractmethod
    async def _answer(self, body: Body, respond: AsyncRespond, reply: Reply) -> None: ...

    async def queue_behind(self, ack: AsyncAck, respond: AsyncRespond, body: Body) -> None:
        """The button of a refused start, which queues it."""
        origin, value = origin_of(body), body["actions"][0]["value"]
        reply = await write_then_ack(ack, lambda: self._queue_offered(origin, value))
        await self._answer(body, respond, str(reply))

    async def _queue_offered(self, origin: Origin, value: str) -> str:
        self.acts.require_record(record_of_offer(value))
        return await self.acts.queue(origin, request_of(value))

    async def queue(self, ack: AsyncAck, body: Body) -> None:
        """The form was submitted that queues a start."""
        request = request_of(form_data(body)["request"])
        result = await result_or_refusal(lambda: self.acts.queue(origin_of(body), request))
        await ack(response_action="update", view=message_modal(result))

    async def order(self, ack: AsyncAck, respond: AsyncRespond, body: Body, text: str) -> None:
        """`/deploy queue …` with an order about one start."""
        await respond_to(respond, await write_then_ack(ack, lambda: self._order(body, text)))

    async def _order(self, body: Body, text: str) -> str:
        order = order_of(text)
        try:
            return await self.acts.order(origin_of(body), order) if order else ""
        except NeedsReason as error:
            raise Refused(f"{error}\n`/deploy {text.strip()} because WHY`") from None

    async def _start(self, origin: Origin, request: StartRequest) -> str | Body:
        """What a start form is answered with: the form for a reason or for the queue, where the start needs one."""
        try:
            return await self.acts.start(origin, request)
        except NeedsReason as error:
            return because_modal(f"{REFUSED} {with_mentions(str(error))}", request, origin.channel)
        except AlreadyRunning as error:
            if not error.run:
                raise
            return queue_form(with_mentions(str(error)), request, error.run, origin.channel)

    async def _start_or_read(self, body: Body, text: str) -> Reply:
        request = start_of(text)
        if request is None:
            return await self.acts.read(origin_of(body), text)
        request = replace(request, press=command_id(body))
        try:
            return await self.acts.start(origin_of(body), request)
        except NeedsReason as error:
            raise Refused(f"{error}\n`/deploy {text.strip()} because WHY`") from None
        except AlreadyRunning as error:
            if not error.run or request.drill:  # what is queued is a real start
                raise
            return queue_offer(with_mentions(str(error)), request, error.run, self.acts.record_name)
