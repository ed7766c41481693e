"""Reads a calendar from its file or address, and has it expanded; bounded in size and time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from pydantic import ValidationError

from bot.calendars.expansion import SPANS
from bot.calendars.span import WINDOW, Span, UnreadableCalendarError
from bot.tools.proxy import proxy_for, proxy_problem
from bot.tools.python_module import module_command
from bot.tools.regular_file import NotRegularFileError, read_regular
from bot.tools.web_body import UnreadableBodyError, read_body
from bot.tools.web_client import deadline, make_client
from commands.text.printable import printable
from commands.text.typed import typed

FETCHING = 5.0  # seconds for an answer
EXPANDING = 20.0  # seconds for a process that may compute for a quarter of them
LARGEST = 1_000_000  # bytes
_A_DAY = timedelta(days=1)  # in no zone does a day begin earlier, or end later
_REFUSED = 3  # the exit status of an expansion that says why
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def read_calendar(where: str | Path, environ: Mapping[str, str], now: datetime) -> list[Span]:
    """The events around now and in the days to come. Raises UnreadableCalendarError."""
    text = _bytes_of_file(where) if isinstance(where, Path) else _fetch(where, environ)
    if len(text) > LARGEST:
        raise UnreadableCalendarError("it is larger than 1 MB")
    return _expanded(text, now - _A_DAY, now + WINDOW + _A_DAY)


def _bytes_of_file(file: Path) -> bytes:
    try:
        return read_regular(file, LARGEST + 1)[0]
    except NotRegularFileError:
        raise UnreadableCalendarError("it is no regular file") from None
    except (OSError, ValueError) as error:
        raise UnreadableCalendarError(getattr(error, "strerror", None) or "its name cannot be opened") from None


def _fetch(url: str, environ: Mapping[str, str]) -> bytes:
    """The body of a good answer. No message holds the address, which may be a secret."""
    if why := proxy_problem(url, environ):
        raise UnreadableCalendarError(why.rstrip("."))
    try:
        with (
            make_client(proxy_for(url, environ)) as client,
            deadline(FETCHING),
            client.stream("GET", url, timeout=FETCHING) as answer,
        ):
            body = read_body(answer)[0] if answer.is_success else b""
    except httpx.TimeoutException:
        raise UnreadableCalendarError(f"no whole answer within {FETCHING:.0f} s") from None
    except UnreadableBodyError as error:
        raise UnreadableCalendarError(f"its answer {error}") from None
    except Exception as error:  # its message may hold the address
        raise UnreadableCalendarError(f"unreachable ({type(error).__name__})") from None
    if answer.is_redirect:
        raise UnreadableCalendarError("it redirects, which is not followed: name the address it leads to")
    if not answer.is_success:
        raise UnreadableCalendarError(f"status {answer.status_code}")
    return body


def _expanded(text: bytes, begins: datetime, ends: datetime) -> list[Span]:
    try:
        ended = subprocess.run(
            [*module_command("bot.calendars.expansion"), begins.isoformat(), ends.isoformat()],
            input=text,
            capture_output=True,
            timeout=EXPANDING,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            check=False,
        )
        if ended.returncode == _REFUSED:
            raise UnreadableCalendarError(typed(printable(ended.stdout.decode(errors="replace")), 400))
        if ended.returncode:
            raise UnreadableCalendarError("its events cannot be worked out with bounded effort")
        spans = SPANS.validate_json(ended.stdout)
    except (OSError, subprocess.TimeoutExpired, ValidationError) as error:
        raise UnreadableCalendarError(f"its events cannot be worked out ({type(error).__name__})") from None
    return [_for_people(span) for span in spans]


def _for_people(span: Span) -> Span:
    """The event with its title as people may read it."""
    title = printable(span.title)
    shown = typed(title)
    return span.model_copy(update={"title": shown, "cut": span.cut or shown != title})
