"""What PostgreSQL refuses, in one sentence each, without a secret."""

from __future__ import annotations

import re

import psycopg

from state.errors import BadRecord

LONGEST = 200  # characters of the server's own words
# the server's words at a refused connection, which carry no code of their own, and what to do
_AT_CONNECT = {
    r"password authentication failed|no password supplied|fe_sendauth": (
        "it refuses the user or the password. Check both in GONOGO_STATE (write @ as %40, / as %2F), or in ~/.pgpass"
    ),
    r"too many clients|remaining connection slots|too many connections": (
        "it takes no more connections (max_connections, or the limit of the user or the database, is reached). A bot "
        "needs two, a command at the terminal one: close others, or raise the limit"
    ),
    r"no encryption|SSL off|requires? SSL|SSL connection is required": (
        "it takes no connection without TLS from here (pg_hba.conf). Add sslmode=verify-full to GONOGO_STATE"
    ),
    r"does not support SSL": "the address requires TLS (sslmode), and the server offers none. Let the server offer it",
    r"certificate": (
        "its TLS certificate is not accepted. Name the authority's file in GONOGO_STATE (sslrootcert=FILE)"
    ),
    r"database .* does not exist": "it has no such database. Create it (CREATE DATABASE), or correct GONOGO_STATE",
    r"role .* does not exist": "it has no such user. Create it, or correct GONOGO_STATE",
    r"starting up|shutting down|recovery mode": "it is starting or stopping. Try again in a moment",
    r"session is read-only|not in hot standby|session is not": (
        "none of its hosts takes writes (see target_session_attrs). Check the servers"
    ),
}
_AWAY = "Check that PostgreSQL runs and can be reached from here, and GONOGO_STATE"


def not_connected(name: str, error: psycopg.Error) -> BadRecord:
    """Why no session could be had."""
    text = str(error)
    for pattern, why in _AT_CONNECT.items():
        if re.search(pattern, text, re.IGNORECASE):
            return BadRecord(f"The record at {name} cannot be opened: {why}.")
    return BadRecord(f"The record at {name} cannot be reached ({_reason(error)}). {_AWAY}.")


def not_done(name: str, error: psycopg.Error, what: str) -> BadRecord:
    """Why something could not be read or written; `what` is "read" or "written"."""
    nothing = " Nothing was saved." if what == "written" else ""
    return BadRecord(f"The record at {name} cannot be {what} now ({_reason(error)}). {_advice(error)}.{nothing}")


def perhaps_done(name: str, error: psycopg.Error) -> BadRecord:
    """The session was lost while a write was being made final."""
    return BadRecord(
        f"The connection to the record at {name} was lost while it saved ({_reason(error)}), so it is not known "
        "whether that was saved. Look before you do it again."
    )


def _advice(error: psycopg.Error) -> str:
    match error:
        case psycopg.errors.DiskFull():
            return "Free space on PostgreSQL's disk"
        case psycopg.errors.ReadOnlySqlTransaction():
            return "It is a standby or read-only: add target_session_attrs=read-write to GONOGO_STATE"
        case psycopg.errors.InsufficientPrivilege():
            return "Give its user the rights on the schema gonogo_record that its owner has"
        case psycopg.errors.LockNotAvailable():
            return "Another process is writing to the same run; try again"
        case _:
            return _AWAY


def _reason(error: psycopg.Error) -> str:
    """The server's or libpq's own words, of several hosts the last one's."""
    if error.diag.message_primary:
        return error.diag.message_primary[:LONGEST]
    lines = [line.strip(" -\t") for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "failed" in line or "FATAL" in line or "could not" in line] or lines
    return (told[-1] if told else type(error).__name__)[:LONGEST]
