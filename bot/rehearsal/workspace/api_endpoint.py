"""The Web API's endpoint: checks token, scopes and rate limits, and applies the faults."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from aiohttp import web

import bot.rehearsal.workspace.api as _methods  # noqa: F401  importing it fills METHODS
from bot.rehearsal.workspace.method_registry import METHODS, Call, Method, SlackError
from bot.rehearsal.workspace.slack_objects import Json
from bot.rehearsal.workspace.workspace_state import WorkspaceState

JSON_FIELDS = ("blocks", "attachments", "metadata", "view", "files")


async def handle_call(state: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Answer one call of the Web API."""
    name = request.match_info["method"]
    if state.faults.outage:
        state.rate_limiter.record(name, ok=False)
        return _outage_answer(state, request)
    args, token = await _read(request)
    await asyncio.sleep(state.faults.delays.get(name, 0))
    wait = _wait_seconds(state, name, str(args.get("channel", "")))
    if wait:
        state.rate_limiter.record(name, ok=False)
        state.rate_limiter.refused.append(name)
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(wait)})
    call = Call(state, args, f"http://{request.host}")
    body = await _call_method(name, call, token, is_json=request.content_type == "application/json")
    state.rate_limiter.record(name, ok=bool(body["ok"]))
    if name.startswith("chat.") and state.faults.lost_answers and body["ok"]:
        state.faults.lost_answers -= 1
        await asyncio.sleep(state.faults.lost_after)
        return web.Response(status=500, text="Internal Server Error")
    return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(sorted(state.scopes))})


def _outage_answer(state: WorkspaceState, request: web.Request) -> web.StreamResponse:
    if state.faults.outage_drops and request.transport:
        request.transport.abort()
    return web.Response(status=503, text="Service Unavailable")


def _wait_seconds(state: WorkspaceState, name: str, channel: str) -> int:
    if name.startswith("chat.") and state.faults.rate_limited:
        state.faults.rate_limited -= 1
        return state.faults.retry_after
    if state.faults.errors.get(name) == "ratelimited":
        return state.faults.retry_after
    return state.rate_limiter.wait_seconds(name, channel) if state.strict_rate_limits else 0


async def _call_method(name: str, call: Call, token: str, *, is_json: bool) -> Json:
    state, method = call.state, METHODS.get(name)
    if method is None:
        return {"ok": False, "error": "unknown_method", "req_method": name}
    if fault := state.faults.errors.get(name):
        return {"ok": False, "error": fault}
    try:
        _authorize(state, method, token)
        if method.form_only and is_json:
            call = replace(call, args={})
        return {"ok": True, **await method.handler(call)}
    except SlackError as error:
        return {"ok": False, "error": error.error, **error.details}


def _authorize(state: WorkspaceState, method: Method, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (state.bot_token, state.app_token):
        raise SlackError("invalid_auth")
    if (token == state.app_token) != method.for_app:
        raise SlackError("not_allowed_token_type")
    if method.scopes and not state.scopes.intersection(method.scopes):
        provided = ",".join(sorted(state.scopes))
        raise SlackError("missing_scope", needed=method.scopes[0], provided=provided)


async def _read(request: web.Request) -> tuple[Json, str]:
    """The arguments and the token of a call."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json() if request.can_read_body else {}
    elif request.can_read_body:
        args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    args = {key: _decode(key, value) for key, value in args.items()}
    header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return args, str(header or args.get("token", ""))


def _decode(key: str, value: Any) -> Any:
    """The value of a form field: JSON where Slack's forms hold JSON, and true and false as booleans."""
    if key in JSON_FIELDS and isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value  # the method refuses it
    return value == "true" if value in ("true", "false") else value
