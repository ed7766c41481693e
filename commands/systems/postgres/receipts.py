"""Receipts: the rows, committed with the change itself, by which no change of a database happens twice."""

from __future__ import annotations

import hashlib

TABLE = """
CREATE SCHEMA IF NOT EXISTS gonogo;
CREATE TABLE IF NOT EXISTS gonogo.receipts (
    key text PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
);
"""


def lock_number(key: str) -> int:
    """The number of the advisory lock under which the change with this key is made and looked at."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
