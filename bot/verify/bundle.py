"""Verifies a bundle without the record: its signature, its files, and its journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.report.bundle import archive
from bot.report.bundle.envelope import read_envelope
from bot.report.bundle.record_lines import from_lines
from bot.report.bundle.signing_key import key_id, public_from, public_pem
from bot.report.bundle.statement import LINK, PREDICATE_TYPE, STATEMENT_TYPE, sha256
from bot.text import clean
from state.errors import Refused
from state.journal import Chain, EntryKind, RecordKey, find_changes

SIGNED = (archive.RECORD, archive.PAGE, archive.HTML, archive.MARKDOWN)


def verify_bundle(path: Path, trusted: Ed25519PublicKey | None, key: RecordKey | None) -> tuple[bool, list[str]]:
    """Whether a bundle is as it was signed, and the lines to print. `trusted` is the key that must have signed it.

    Raises Refused for a file that is no bundle.
    """
    files = archive.unpack(path)
    own = public_from(files[archive.PUBLIC_KEY])
    if own is None:
        raise Refused(f"{archive.PUBLIC_KEY} in {path} holds no ed25519 public key.")
    if files[archive.PUBLIC_KEY] != public_pem(own):
        raise Refused(f"{archive.PUBLIC_KEY} in {path} holds something besides the public key.")
    envelope = read_envelope(files[archive.STATEMENT])
    chain = from_lines(files[archive.RECORD])
    try:
        problems = [clean(problem) for problem in _problems(envelope.statement, files, chain, key)]
    except UnicodeEncodeError:  # half a character
        raise Refused("record.jsonl is damaged: it does not hold the journal of a run.") from None
    if not envelope.is_signed_by(own):
        problems.append("the signature is wrong: statement.json was changed, or another key signed it")
    if trusted and key_id(trusted) != key_id(own):
        problems.append(f"it was signed with another key than the trusted one, {key_id(trusted)}")
    lines = [f"❌ {problem}." for problem in problems[:10]]
    if not problems:
        entries = f"{len(chain.entries)} entries" if chain.entries else "no journal: the run is older than that"
        lines.append(f"✅ Run {chain.run}: the bundle is as it was signed; {entries}.")
    lines.append(f"Signed with the key {key_id(own)}.")
    if not trusted:
        lines.append("⚠️ Whose key that is was not checked: pass the bot's public key with --key.")
    return not problems, lines


def _problems(
    statement: Mapping[str, Any], files: Mapping[str, bytes], chain: Chain, key: RecordKey | None
) -> Iterator[str]:
    """What is wrong, the journal's first entry first."""
    try:
        digests = {str(subject["name"]): subject["digest"].get("sha256") for subject in statement["subject"]}
        journal = statement["predicate"]["journal"]
        links, changes = list(journal["links"]), [str(change) for change in journal["changes"]]
        typed = (statement["_type"], statement["predicateType"]) == (STATEMENT_TYPE, PREDICATE_TYPE)
    except (KeyError, TypeError, AttributeError):
        typed = False
    if not typed:
        yield "the statement is not about a run of gonogo"
        return
    yield from _journal(chain, links, key)
    yield from (
        f"{name} was changed after it was signed" for name in SIGNED if digests.get(name) != sha256(files[name])
    )
    page = chain.rows.get((EntryKind.RUN, ""), {})
    if str(page.get("text", "")).encode() != files[archive.PAGE]:
        yield "page.md is not the page in the record"
    yield from (f"when the bundle was made, the record had been changed: {change}" for change in changes)


def _journal(chain: Chain, links: list[str], key: RecordKey | None) -> Iterator[str]:
    ours = key if chain.head and key and chain.head.key == key.id else None
    if chain.entries or chain.head:
        yield from (str(change) for change in find_changes(chain, ours))
    for entry, link in zip(chain.entries, links, strict=False):
        if entry.hash[:LINK] != link:
            yield f"entry {entry.number} is not the one that was signed"
            return
    if len(chain.entries) != len(links):
        first = min(len(chain.entries), len(links)) + 1
        yield f"entry {first} was {'removed' if len(links) >= first else 'added'} after the bundle was signed"
