"""What an entry's digest and hash cover."""

from __future__ import annotations

from state.journal import EntryKind, RecordKey, digest, entry_after, head_mac
from state.journal.chain import link

KEY = RecordKey(b"0123456789abcdef")


def test_a_digest_covers_every_column_but_empty_ones() -> None:
    row = {"id": 1, "text": "ไทย 🚀", "speed": 1.5, "none": None, "empty": ""}
    assert digest(row) == digest({"speed": 1.5, "text": "ไทย 🚀", "id": 1}), "a later version may add a column"
    for name, value in (("id", 2), ("text", "ไทย"), ("speed", 1), ("none", 0), ("empty", " ")):
        assert digest({**row, name: value}) != digest(row), name
    assert digest({"a": "1"}) != digest({"a": 1})
    assert digest({"a": "b", "c": "d"}) != digest({"a": "d", "c": "b"})


def test_bytes_and_half_characters_have_a_digest_too() -> None:
    assert digest({"a": b"\x00\xff"}) != digest({"a": "00ff"})
    assert digest({"a": "\udcff"}) != digest({"a": "?"})


def test_a_hash_covers_all_that_an_entry_says() -> None:
    parts = ("before", 1, 2, "fact", "keep", "digest")
    whole = link(*parts)
    changed = [link(*parts[:n], other, *parts[n + 1 :]) for n, other in enumerate(("x", 9, 9, "x", "x", "x"))]  # type: ignore[arg-type, call-arg]
    assert whole not in changed
    assert len(set(changed)) == 6
    assert link("a", 1, 2, "fact", "b", "") != link("a", 1, 2, "factb", "", "")


def test_an_entrys_signature_is_none_of_a_head() -> None:
    entry, head = entry_after(None, 1, EntryKind.RUN, "", {"id": 1}, KEY)
    assert entry.mac != head.mac == head_mac(1, 1, entry.hash, KEY)
    assert head_mac(2, 1, entry.hash, KEY) != head.mac != head_mac(1, 2, entry.hash, KEY)
    unsigned, head = entry_after(None, 1, EntryKind.RUN, "", {"id": 1}, None)
    assert (unsigned.hash, unsigned.key, unsigned.mac, head.mac) == (entry.hash, "", "", "")
