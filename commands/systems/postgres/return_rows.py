"""The program that returns rows from an archive, in production and in a rehearsal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from commands.systems.postgres.receipts import CREATE_TABLE
from commands.systems.scripts import script

# FIND finds the tables. BEFORE, the rows that COPIES selects, and AFTER run in one transaction.
_FIND = {"FIND": script("postgres/data_return_find.sql"), "COPIES": script("postgres/data_return_copies.awk")}
_BACK = {
    "BEFORE": "".join(
        (
            script("postgres/data_return_begin.sql"),
            CREATE_TABLE,
            script("postgres/data_return_find.sql"),
            script("postgres/data_return_temporary.sql"),
            script("postgres/data_return_before.sql"),
        )
    ),
    "AFTER": script("postgres/data_return_after.sql"),
}
_APART = {
    "CONTENT": script("postgres/content.sql"),
    "BEGIN": script("postgres/data_keep_begin.sql"),
    "TEMPORARY": script("postgres/data_return_temporary.sql"),
    "APART": script("postgres/after_rollback.sql"),
}
_KEEP = {
    "CONTENT": script("postgres/content.sql"),
    "BEGIN": script("postgres/data_keep_begin.sql"),
    "TEMPORARY": script("postgres/data_return_temporary.sql"),
    "COMPARE": script("postgres/data_keep_compare.sql"),
}


def _programs(texts: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(text)}\n" for name, text in texts.items())


# The shell function `bring_back`. It needs the PG* variables, $FILE, $SHA256, $KEY, $LOCK and the env of `data-return`.
BRING_BACK = _programs(_FIND | _BACK) + script("postgres/data_return.sh")
# Keeps the rows as they are now. It needs the PG* variables, $FILE, $SHA256, $NEW, $BY and the same env.
KEEP_ROWS = "".join(
    (
        _programs(_FIND | _KEEP),
        script("postgres/archive.sh"),
        script("postgres/data_return.sh"),
        script("postgres/data_keep.sh"),
    )
)
# The shell functions for the keys of rows. They need the PG* variables and $FILE.
ROW_KEYS = "".join(
    (
        _programs({"ROW_KEYS": script("postgres/row_keys.sql"), "ROW_KEYS_LIST": script("postgres/row_keys_list.sql")}),
        script("postgres/row_keys.sh"),
    )
)
# Compares production with the backup after a rollback. It needs the PG* variables, $FILE, $BY and $SECONDS_FOR_ROWS.
AFTER_ROLLBACK = "".join(
    (
        _programs(_FIND | _APART),
        ROW_KEYS,
        script("postgres/rows_gone.sh"),
        script("postgres/data_return.sh"),
        script("postgres/after_rollback.sh"),
    )
)
