"""The door of the Web API: reads a call, checks token, scopes and limits, lets the faults in, and words the answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

import bot.rehearsal.workspace.api as _table  # noqa: F401  importing it fills METHODS
from bot.rehearsal.workspace.methods import METHODS, Call, Method, SlackError
from bot.rehearsal.workspace.records import Json
from bot.rehearsal.workspace.team import Team

PARSED = ("blocks", "attachments", "metadata", "view", "files")


async def answer(team: Team, request: web.Request) -> web.StreamResponse:
    """Answer one call of the Web API."""
    name = request.match_info["method"]
    if team.faults.outage:
        team.calls.note(name, good=False)
        return _out_of_order(team, request)
    args, token = await _read(request)
    limited = _rate_limited(team, name, str(args.get("channel", "")))
    if limited:
        team.calls.note(name, good=False)
        team.calls.refused.append(name)
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(limited)})
    body = await _body(team, name, args, token, is_json=request.content_type == "application/json")
    team.calls.note(name, good=bool(body["ok"]))
    if name.startswith("chat.") and team.faults.lost_answers and body["ok"]:
        team.faults.lost_answers -= 1
        await asyncio.sleep(team.faults.lost_after)
        return web.Response(status=500, text="Internal Server Error")
    return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(sorted(team.scopes))})


def _out_of_order(team: Team, request: web.Request) -> web.StreamResponse:
    if team.faults.outage_drops and request.transport:
        request.transport.abort()
    return web.Response(status=503, text="Service Unavailable")


def _rate_limited(team: Team, name: str, channel: str) -> int:
    if name.startswith("chat.") and team.faults.rate_limited:
        team.faults.rate_limited -= 1
        return team.faults.retry_after
    return team.calls.wait(name, channel) if team.strict_rate_limits else 0


async def _body(team: Team, name: str, args: Json, token: str, *, is_json: bool) -> Json:
    method = METHODS.get(name)
    if method is None:
        return {"ok": False, "error": "unknown_method", "req_method": name}
    try:
        _allow(team, method, token)
        if method.form_only and is_json:
            args = {}
        return {"ok": True, **await method.handler(Call(team, args))}
    except SlackError as error:
        return {"ok": False, "error": error.error, **error.more}


def _allow(team: Team, method: Method, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (team.bot_token, team.app_token):
        raise SlackError("invalid_auth")
    if (token == team.app_token) != method.for_app:
        raise SlackError("not_allowed_token_type")
    if method.needs and not team.scopes.intersection(method.needs):
        provided = ",".join(sorted(team.scopes))
        raise SlackError("missing_scope", needed=method.needs[0], provided=provided)


async def _read(request: web.Request) -> tuple[Json, str]:
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json() if request.can_read_body else {}
    elif request.can_read_body:
        args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    args = {key: _parsed(key, value) for key, value in args.items()}
    header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return args, str(header or args.get("token", ""))


def _parsed(key: str, value: Any) -> Any:
    """A form's value; what is JSON in Slack's forms is read, and so are the words for yes and no."""
    if key in PARSED and isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value  # the method refuses it: it is not what it should be
    return value == "true" if value in ("true", "false") else value
