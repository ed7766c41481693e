"""The program that returns rows from an archive, in production and in a rehearsal."""

from __future__ import annotations

import shlex

from commands.systems.postgres.receipts import CREATE_TABLE
from commands.systems.scripts import script

# FIND finds the tables. BEFORE, the rows that COPIES selects, and AFTER run in one transaction.
_PROGRAMS = {
    "FIND": script("postgres/data_return_find.sql"),
    "BEFORE": "".join(
        (
            script("postgres/data_return_begin.sql"),
            CREATE_TABLE,
            script("postgres/data_return_find.sql"),
            script("postgres/data_return_before.sql"),
        )
    ),
    "COPIES": script("postgres/data_return_copies.awk"),
    "AFTER": script("postgres/data_return_after.sql"),
}
# The shell function `bring_back`. It needs the PG* variables, $FILE, $SHA256, $KEY, $LOCK and the env of `data-return`.
BRING_BACK = "".join(
    (*(f"{name}={shlex.quote(text)}\n" for name, text in _PROGRAMS.items()), script("postgres/data_return.sh"))
)
