"""Runs one statement of a file inside the bot's own transaction, which must be open afterwards."""

from __future__ import annotations

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY)


class EndedTransaction(Exception):
    """The statement ended the transaction, so what ran before it may be committed."""


OTHER_QUOTES = (
    r"standard_conforming_strings is off here, so \' would not end a string as it was read; write E'…' strings "
    "and leave it on"
)


def require_usual_quotes(connection: psycopg.Connection) -> None:
    """Raise psycopg.NotSupportedError if a backslash is an escape in every string now: the file was not read so."""
    if connection.pgconn.parameter_status(b"standard_conforming_strings") == b"off":
        raise psycopg.NotSupportedError(OTHER_QUOTES)


def run_statement(connection: psycopg.Connection, text: str) -> None:
    """Run it. Raises EndedTransaction, psycopg.Error.

    It is sent with the extended protocol. There the server refuses a second statement in the text, so that none is run
    that we did not see.
    """
    result = connection.pgconn.exec_params(text.encode(), None)
    if result.status in (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE):
        error = errors.error_from_result(result, connection.info.encoding)
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
    if result.status not in _DONE:  # a COPY, which waits for us
        connection.pgconn.finish()  # the server then rolls back
        raise psycopg.NotSupportedError("COPY to or from the client needs psql")
    if connection.pgconn.transaction_status != TransactionStatus.INTRANS or result.command_status == b"COMMIT":
        raise EndedTransaction
    require_usual_quotes(connection)
