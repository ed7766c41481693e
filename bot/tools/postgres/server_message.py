"""The server's message of an error, without the values of rows."""

from __future__ import annotations

import re

import psycopg

DATA_EXCEPTION = "22"  # the SQLSTATE class of errors about a value
# libpq's words before the cause: which server, by name and perhaps by address
_AT = re.compile(r'(?:connection failed: )?connection to server at "([^"]+)"(?: \([^)]*\))?, port (\d+) failed: ')


def reason(error: psycopg.Error) -> str:
    """The last line of an error of the driver or the server that says what is wrong: the cause, then which server.

    Short messages are cut at their end.
    """
    # libpq indents what it only asks, such as “Is the server running on that host …?”
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    said = lines[-1] if lines else type(error).__name__
    at = _AT.match(said)
    cause = said[at.end() if at else 0 :].removeprefix("FATAL:").strip()
    return f"{cause} (at {at[1]}, port {at[2]})" if at else cause


def server_message(error: psycopg.Error, text: str) -> str:
    """The server's message. A rejected value is quoted only if it stands in our own text; others come from rows."""
    message = error.diag.message_primary or reason(error)
    if not (error.sqlstate or "").startswith(DATA_EXCEPTION):
        return message
    return re.sub(r'"(.*)"', lambda value: value[0] if value[1] in text else '"…"', message, flags=re.DOTALL)
