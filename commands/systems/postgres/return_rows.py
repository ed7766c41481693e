"""The program that brings rows back from an archive, as `data-return` runs it and a rehearsal tries it on a copy."""

from __future__ import annotations

import shlex

from commands.systems.postgres.receipts import TABLE
from commands.systems.scripts import script

# FIND is asked for the tables; BEFORE, the rows that COPIES picks, and AFTER are one transaction
_TEXTS = {
    "FIND": script("postgres/data_return_find.sql"),
    "BEFORE": "".join(
        (
            script("postgres/data_return_begin.sql"),
            TABLE,
            script("postgres/data_return_find.sql"),
            script("postgres/data_return_before.sql"),
        )
    ),
    "COPIES": script("postgres/data_return_copies.awk"),
    "AFTER": script("postgres/data_return_after.sql"),
}
# The function `bring_back`, which needs the PG* variables, $FILE, $SHA256, $KEY, $LOCK and what a `data-return` gives.
BRING_BACK = "".join(
    (*(f"{name}={shlex.quote(text)}\n" for name, text in _TEXTS.items()), script("postgres/data_return.sh"))
)
