"""Receipts: rows that are committed with a change, so that no change is applied twice."""

from __future__ import annotations

import hashlib

CREATE_TABLE = """
CREATE SCHEMA IF NOT EXISTS gonogo;
CREATE TABLE IF NOT EXISTS gonogo.receipts (
    key text PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
);
"""


def lock_number(key: str) -> int:
    """The number of the advisory lock that a session holds while it applies or checks the change with this key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
