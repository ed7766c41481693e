"""The error for a text of the record that holds bytes which are none."""

from __future__ import annotations

from state.errors import BadRecord


class NotText(BadRecord):
    """A text of the record holds bytes that are none. The message does not repeat them."""
