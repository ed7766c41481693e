"""`gonogo verify BUNDLE` against somebody who changes the bundle: the first entry is named."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
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


def as_written(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, sort_keys=True, indent=1).encode() + b"\n"


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
        files[archive.STATEMENT] = as_written(envelope)


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


def tar(files: Files, changed: Callable[[tarfile.TarInfo], None] = lambda _: None, **how: Any) -> bytes:
    """The files as an archive that is not compressed, each member changed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", **{"format": tarfile.USTAR_FORMAT, **how}) as made:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            changed(member)
            made.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def in_order(files: Files) -> Files:
    return {name: files[name] for name in archive.NAMES}


def gzipped(data: bytes) -> bytes:
    """Compressed as a bundle is."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as compressed:
        compressed.write(data)
    return packed.getvalue()


def renamed(member: tarfile.TarInfo) -> None:
    if member.name == archive.HTML:
        member.pax_headers = {"path": archive.HTML}


SECOND = tar({archive.HTML: b"FALSE"})
AROUND: dict[str, Callable[[Files], bytes]] = {
    "a second archive after the end": lambda files: gzipped(tar(files) + SECOND),
    "a second gzip member": lambda files: gzipped(tar(files)) + gzipped(SECOND),
    "an empty gzip member": lambda files: gzipped(tar(files)) + gzipped(b""),
    "garbage after gzip": lambda files: gzipped(tar(files)) + b"GARBAGE",
    "one byte after gzip": lambda files: gzipped(tar(files)) + b"\0",
    "zeros after the archive": lambda files: gzipped(tar(files) + bytes(10240)),
    "a name in the gzip header": lambda files: gzip.compress(tar(files)),
    "another mode": lambda files: gzipped(tar(files, lambda member: setattr(member, "mode", 0o4755))),
    "an owner": lambda files: gzipped(tar(files, lambda member: setattr(member, "uname", "root"))),
    "a time": lambda files: gzipped(tar(files, lambda member: setattr(member, "mtime", 1))),
    "another order": lambda files: gzipped(tar(dict(reversed(files.items())))),
    "pax headers": lambda files: gzipped(
        tar(files, renamed, format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * 5000})
    ),
}


def test_the_same_files_packed_again_are_the_same_bundle(bundle: Path, capsys: Capture) -> None:
    assert gzipped(tar(in_order(archive.unpack(bundle)))) == bundle.read_bytes()


@pytest.mark.parametrize("what", AROUND)
def test_nothing_may_stand_around_the_files_of_a_bundle(bundle: Path, capsys: Capture, what: str) -> None:
    bundle.write_bytes(AROUND[what](in_order(archive.unpack(bundle))))
    code, out, err = run(capsys, "verify", str(bundle))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert f"{bundle} is no bundle" in err


def other_key(envelope: dict[str, Any]) -> None:
    envelope["signatures"][0]["keyid"] = "0" * 64


def more_signatures(envelope: dict[str, Any]) -> None:
    envelope["signatures"] = [{"keyid": "x", "sig": "AAAA"}, *envelope["signatures"]]


def another_field(envelope: dict[str, Any]) -> None:
    envelope["signatures"][0]["cert"] = "x"


@pytest.mark.parametrize("changed", [other_key, more_signatures, another_field])
def test_what_the_signature_does_not_cover_is_exact(
    bundle: Path, capsys: Capture, changed: Callable[[dict[str, Any]], None]
) -> None:
    def alter_envelope(files: Files) -> None:
        envelope = json.loads(files[archive.STATEMENT])
        changed(envelope)
        files[archive.STATEMENT] = as_written(envelope)

    change(bundle, alter_envelope)
    assert len(problems(capsys, bundle)) == 1


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (archive.STATEMENT, b'{"payload": "AAAA", ', b""),
        (archive.STATEMENT, b" {", b""),
        (archive.PUBLIC_KEY, b"hello\n", b""),
        (archive.PUBLIC_KEY, b"", b"x"),
    ],
)
def test_nothing_is_added_to_the_statement_or_the_key(
    bundle: Path, capsys: Capture, name: str, before: bytes, after: bytes
) -> None:
    def add(files: Files) -> None:
        content = files[name].removeprefix(b"{") if b"{" in before else files[name]
        files[name] = before + content + after

    change(bundle, add)
    (problem,) = problems(capsys, bundle)
    assert name in problem
