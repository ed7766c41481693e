"""The Bolt app: which listener hears which command, button and form."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.acts import Acts
from bot.slack.homes import Homes
from bot.slack.listeners import BUTTONS, Listeners
from bot.slack.own_forms import refuses_others_forms
from bot.slack.proxy import Respond
from bot.slack.views.because import BECAUSE
from bot.slack.views.handover import FORM as HANDOVER_FORM
from bot.slack.views.home import START_BUTTON
from bot.slack.views.modals import REASON, REASONS, START
from bot.slack.views.note import NOTE
from bot.slack.views.queue import QUEUE, QUEUE_BEHIND


def make_app(
    client: AsyncWebClient, acts: Acts, homes: Homes, environ: Mapping[str, str], signing_secret: str = ""
) -> AsyncApp:
    """The Bolt app with all its listeners. `environ` may name a proxy; only HTTP mode needs `signing_secret`."""
    app = AsyncApp(
        client=_without_token(client),
        authorize=_own_token(client),
        signing_secret=signing_secret or None,
        logger=logging.getLogger("gonogo.bolt"),
    )
    listeners = Listeners(client, acts, homes)
    app.use(_keep_proxy(client, environ))
    app.use(refuses_others_forms(acts))
    app.command("/deploy")(listeners.command)
    app.event("app_home_opened")(listeners.home_opened)
    app.action(START_BUTTON)(listeners.open_start)
    for action in BUTTONS:
        app.action(action)(listeners.press)
    for action in REASONS:
        app.action(action)(listeners.ask_reason)
    app.action(QUEUE_BEHIND)(listeners.queue_behind)
    app.action("checks")(listeners.show_checks)
    app.view(START)(listeners.start)
    app.view(QUEUE)(listeners.queue)
    app.view(BECAUSE)(listeners.start)
    app.view(REASON)(listeners.give_reason)
    app.view(HANDOVER_FORM)(listeners.give_handover)
    app.shortcut(NOTE)(listeners.ask_note)
    app.view(NOTE)(listeners.give_note)
    return app


def _without_token(client: AsyncWebClient) -> AsyncWebClient:
    """Bolt's own client. With a token in it Bolt calls auth.test before the first act, and drops the act without."""
    bolts = AsyncWebClient(base_url=client.base_url, timeout=client.timeout, retry_handlers=client.retry_handlers)
    bolts.proxy = client.proxy
    return bolts


def _keep_proxy(client: AsyncWebClient, environ: Mapping[str, str]) -> Callable[..., Awaitable[None]]:
    """Bolt makes a client and a `respond` for each request, which would read the process's environment again."""

    async def keep_proxy(context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]) -> None:
        if context.client:
            context.client.proxy = client.proxy
        context["respond"] = Respond(context.response_url, environ)
        await next_()

    return keep_proxy


def _own_token(client: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=client.token)

    return authorize
