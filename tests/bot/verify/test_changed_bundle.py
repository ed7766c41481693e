"""`gonogo verify BUNDLE` against somebody who changes the bundle: the first entry is named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.report.bundle import archive
from bot.report.bundle.envelope import sign
from bot.report.bundle.signing_key import public_pem
from state.journal import digest
from state.journal.chain import link
from tests.bot.command import Capture, run
from tests.bot.verify.bundles import Files, change, lines, problems, put_lines


def alter(found: list[dict[str, Any]]) -> None:
    found[5]["row"]["person"] = "U9"


def swap(found: list[dict[str, Any]]) -> None:
    found[5], found[6] = found[6], found[5]


def put_in(found: list[dict[str, Any]]) -> None:
    found.insert(6, {**found[5]})


RECORDS: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "altered": (alter, "entry 5 (signature ready:1:dba) was altered"),
    "removed": (lambda found: found.pop(5), "entry 5 was removed"),
    "the first": (lambda found: found.pop(1), "entry 1 was removed"),
    "the last": (lambda found: found.pop(), "entry 12 was removed"),
    "swapped": (swap, "entry 5 was removed"),
    "twice": (put_in, "entry 5 (signature ready:1:dba) stands at the wrong place"),
    "a row": (lambda found: found[5].update(row=None), "entry 5 (signature ready:1:dba) was removed from the record"),
    "a row more": (
        lambda found: found.append({"kind": "fact", "ref": "keep:9", "row": {"x": 1}}),
        "KEEP 9 was added: no entry covers it",
    ),
}


@pytest.mark.parametrize("attack", RECORDS)
def test_the_first_entry_that_was_changed_in_a_bundle_is_named(bundle: Path, capsys: Capture, attack: str) -> None:
    changed, first = RECORDS[attack]

    def attacked(files: Files) -> None:
        found = lines(files)
        changed(found)
        put_lines(files, found)

    change(bundle, attacked)
    found = problems(capsys, bundle)
    assert found[0] == first
    assert "record.jsonl was changed after it was signed" in found


def forge_chain(found: list[dict[str, Any]]) -> None:
    """Make every hash of the record right again, as somebody would who knows how."""
    previous = ""
    for number, line in enumerate(found[1:], start=1):
        line["number"] = number
        if line["row"] is not None:
            line["digest"] = digest(line["row"])
        line["hash"] = previous = link(previous, 1, number, line["kind"], line["ref"], line["digest"])
    found[0]["head"].update(number=len(found) - 1, hash=previous)


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        (alter, "entry 5 is not the one that was signed"),
        (lambda found: found.pop(5), "entry 5 is not the one that was signed"),
        (lambda found: found.pop(), "entry 12 was removed after the bundle was signed"),
        (
            lambda found: found.append({**found[-1], "ref": "another"}),
            "entry 13 was added after the bundle was signed",
        ),
    ],
)
def test_a_record_with_right_hashes_is_compared_with_the_signed_ones(
    bundle: Path, capsys: Capture, changed: Callable[[list[dict[str, Any]]], object], first: str
) -> None:
    def attacked(files: Files) -> None:
        found = lines(files)
        changed(found)
        forge_chain(found)
        put_lines(files, found)

    change(bundle, attacked)
    assert problems(capsys, bundle)[0] == first


@pytest.mark.parametrize("name", [archive.PAGE, archive.HTML, archive.MARKDOWN])
def test_a_changed_file_is_named(bundle: Path, capsys: Capture, name: str) -> None:
    change(bundle, lambda files: files.update({name: files[name] + b" "}))
    assert f"{name} was changed after it was signed" in problems(capsys, bundle)


def restated(files: Files, key: Ed25519PrivateKey | None = None) -> None:
    """Change what the bundle states; sign it with a key of one's own, if there is one."""
    envelope = json.loads(files[archive.STATEMENT])
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["predicate"]["run"]["starter"] = "U9"
    if key:
        files[archive.STATEMENT] = sign(statement, key)
        files[archive.PUBLIC_KEY] = public_pem(key.public_key())
    else:
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
        files[archive.STATEMENT] = json.dumps(envelope).encode()


def test_a_changed_statement_has_a_wrong_signature(bundle: Path, capsys: Capture) -> None:
    change(bundle, restated)
    assert problems(capsys, bundle) == ["the signature is wrong: statement.json was changed, or another key signed it"]


def test_a_bundle_signed_anew_with_another_key_is_found_by_who_knows_the_bots_key(
    bundle: Path, state: Path, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(archive.unpack(bundle)[archive.PUBLIC_KEY])
    change(bundle, lambda files: restated(files, Ed25519PrivateKey.generate()))
    code, out, _ = run(capsys, "verify", str(bundle), "--key", str(trusted))
    assert code == 1
    assert "it was signed with another key than the trusted one" in out
    monkeypatch.setenv("GONOGO_STATE", str(state))
    assert "it was signed with another key than the trusted one" in problems(capsys, bundle)[0]


def test_the_bots_own_machine_trusts_its_own_key(
    bundle: Path, state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_STATE", str(state))
    code, out, _ = run(capsys, "verify", str(bundle))
    assert (code, "⚠️" in out) == (0, False)
