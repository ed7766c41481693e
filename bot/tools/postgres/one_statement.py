"""Runs one statement of a file inside the bot's own transaction, which must be open afterwards."""

from __future__ import annotations

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus

_INSIDE = (TransactionStatus.INTRANS, TransactionStatus.ACTIVE)


class EndedTransaction(Exception):
    """The statement ended the transaction, so what ran before it may be committed."""


def run_statement(connection: psycopg.Connection, text: str) -> None:
    """Run it. Raises EndedTransaction, psycopg.Error.

    It is sent with the extended protocol. There the server refuses a second statement in the text, so that none is run
    that we did not see.
    """
    result = connection.pgconn.exec_params(text.encode(), None)
    if result.status in (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE):
        error = errors.error_from_result(result, connection.info.encoding)
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
    if connection.pgconn.transaction_status not in _INSIDE or result.command_status == b"COMMIT":
        raise EndedTransaction
