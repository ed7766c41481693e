"""The store of the runs' records, whatever database holds them."""

from __future__ import annotations

from state.store.record_store import RecordStore

__all__ = ["RecordStore"]
