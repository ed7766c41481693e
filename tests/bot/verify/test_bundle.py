"""`gonogo report --bundle` and `gonogo verify BUNDLE`, against changed and hostile bundles."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from bot.report.bundle import archive
from bot.report.bundle.envelope import sign
from bot.report.bundle.record_lines import from_lines, to_lines
from bot.report.bundle.signing_key import public_pem, read_private
from state.journal import Chain, digest
from state.journal.chain import link
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.bot.verify.conftest import COMMIT
from tests.state.sqlite.forger import by_hand

Files = dict[str, bytes]


@pytest.fixture
def bundle(state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The bundle of run 1, somewhere where neither the state file nor a key is."""
    path = tmp_path / "run-1.tar.gz"
    code, out, _ = run(capsys, "report", "1", "--bundle", str(path))
    assert code == 0
    assert out.startswith(f"The bundle of run 1 is in {path}, signed with the key ")
    monkeypatch.setenv("GONOGO_STATE", str(tmp_path / "elsewhere" / "gonogo.db"))
    return path


def problems(capsys: Capture, bundle: Path) -> list[str]:
    """What `gonogo verify` says is wrong with a bundle."""
    code, out, err = run(capsys, "verify", str(bundle))
    found = [line.removeprefix("❌ ").removesuffix(".") for line in out.splitlines() if line.startswith("❌")]
    assert code == (1 if found or err else 0)
    return [*found, *err.splitlines()]


def change(bundle: Path, changed: Callable[[Files], None]) -> None:
    """Change the files of a bundle."""
    files = archive.unpack(bundle)
    changed(files)
    bundle.write_bytes(archive.pack(files))


def lines(files: Files) -> list[dict[str, Any]]:
    """The lines of the record in a bundle."""
    return [json.loads(line) for line in files[archive.RECORD].splitlines()]


def put_lines(files: Files, changed: list[dict[str, Any]]) -> None:
    files[archive.RECORD] = "".join(f"{json.dumps(line)}\n" for line in changed).encode()


# -- what a bundle is -----------------------------------------------------------------------------------------------


def test_a_bundle_is_good_where_nothing_else_of_the_bot_is(bundle: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "verify", str(bundle))
    first, signed, whose = out.splitlines()
    assert (code, first) == (0, "✅ Run 1: the bundle is as it was signed; 12 entries.")
    assert signed.startswith("Signed with the key ")
    assert whose == "⚠️ Nobody said whose key that is: give the bot's public key with --key to have it compared."


def test_a_public_tool_finds_the_signature_good(bundle: Path) -> None:
    files = archive.unpack(bundle)
    envelope = Envelope.from_dict(json.loads(files[archive.STATEMENT]))
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    (keyid,) = envelope.signatures
    key = SSlibKey.from_crypto(load_pem_public_key(files[archive.PUBLIC_KEY]), keyid)
    assert envelope.verify([key], 1) == {keyid: key}
    assert envelope.payload_type == "application/vnd.in-toto+json"


def test_the_statement_is_in_toto_and_names_files_and_commit(bundle: Path) -> None:
    files = archive.unpack(bundle)
    statement = json.loads(base64.b64decode(json.loads(files[archive.STATEMENT])["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:gonogo:deployment:v1"
    subjects = {subject["name"]: subject["digest"] for subject in statement["subject"]}
    for name in (archive.RECORD, archive.PAGE, archive.HTML, archive.MARKDOWN):
        assert subjects.pop(name) == {"sha256": hashlib.sha256(files[name]).hexdigest()}
    assert subjects == {
        "kept/016.sql": {"sha256": hashlib.sha256(b"DROP TABLE old;").hexdigest()},
        "commit of shop": {"gitCommit": COMMIT},
    }
    assert statement["predicate"]["run"]["state"] == "kept"
    assert statement["predicate"]["journal"]["entries"] == 12


def test_the_same_run_makes_the_same_record_and_a_bundle_without_times(state: Path, capsys: Capture) -> None:
    paths = [state.with_name(name) for name in ("a.tar.gz", "b.tar.gz")]
    for path in paths:
        assert run(capsys, "report", "1", "--bundle", str(path))[0] == 0
    first, second = (archive.unpack(path) for path in paths)
    assert first[archive.RECORD] == second[archive.RECORD]
    with tarfile.open(paths[0]) as unpacked:
        assert {(one.mtime, one.uid, one.uname, one.mode) for one in unpacked} == {(0, 0, "", 0o644)}
        assert tuple(unpacked.getnames()) == archive.NAMES


def test_the_signing_key_is_its_owners_only_and_is_not_in_the_bundle(state: Path, bundle: Path) -> None:
    key = state.with_name("gonogo.db.signing.pem")
    assert key.stat().st_mode & 0o777 == 0o600
    secret = key.read_text().splitlines()[1]
    record_key = state.with_name("gonogo.db.key").read_text().strip()
    for content in archive.unpack(bundle).values():
        assert secret.encode() not in content
        assert record_key.encode() not in content


def test_a_bundle_of_a_changed_record_says_so_when_it_is_made_and_when_it_is_verified(
    state: Path, capsys: Capture
) -> None:
    by_hand(state, "UPDATE facts SET person = 'U9' WHERE kind = 'keep'")
    path = state.with_name("b.tar.gz")
    _, out, _ = run(capsys, "report", "1", "--bundle", str(path))
    assert out.splitlines()[1] == ("Warning: the record was changed from outside: entry 10 (KEEP) was altered.")
    assert problems(capsys, path)[0] == "entry 10 (KEEP) was altered"


def test_a_run_under_way_can_be_bundled(state: Path, capsys: Capture) -> None:
    with closing(Store(state)) as store:
        from tests.bot.verify.conftest import write_run

        write_run(store)
    by_hand(
        state, "UPDATE runs SET state = 'going', ended_at = NULL WHERE id = 2; DELETE FROM journal WHERE number = 12"
    )
    path = state.with_name("b.tar.gz")
    assert run(capsys, "report", "2", "--bundle", str(path))[0] == 0


# -- who changes it ---------------------------------------------------------------------------------------------------


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


# -- hostile files --------------------------------------------------------------------------------------------------


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        for member, data in members:
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as compressed:
        member = tarfile.TarInfo(archive.RECORD)
        member.size = 10 * archive.LARGEST_CONTENT
        compressed.write(member.tobuf())
        for _ in range(archive.LARGEST_CONTENT // 1_000_000 + 2):
            compressed.write(bytes(1_000_000))
    return packed.getvalue()


def header_bomb() -> bytes:
    """A header that claims to be larger than everything else."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as compressed:
        member = tarfile.TarInfo("././@PaxHeader")
        member.type, member.size = tarfile.XHDTYPE, 8 * archive.LARGEST_CONTENT
        compressed.write(member.tobuf())
        for _ in range(archive.LARGEST_CONTENT // 1_000_000 + 2):
            compressed.write(bytes(1_000_000))
    return packed.getvalue()


def typed(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


HOSTILE: dict[str, Callable[[], bytes]] = {
    "text": lambda: b"this is no bundle",
    "nothing": lambda: b"",
    "half": lambda: tar((tarfile.TarInfo(archive.PAGE), os.urandom(9000)))[:5000],
    "a path": lambda: tar((tarfile.TarInfo("../../etc/cron.d/x"), b"x")),
    "an absolute path": lambda: tar((tarfile.TarInfo("/etc/cron.d/x"), b"x")),
    "a link": lambda: tar((typed(archive.PAGE, tarfile.SYMTYPE), b"")),
    "a hard link": lambda: tar((typed(archive.PAGE, tarfile.LNKTYPE), b"")),
    "a device": lambda: tar((typed(archive.PAGE, tarfile.CHRTYPE), b"")),
    "twice the same": lambda: tar((tarfile.TarInfo(archive.PAGE), b"x"), (tarfile.TarInfo(archive.PAGE), b"y")),
    "too little": lambda: tar((tarfile.TarInfo(archive.PAGE), b"x")),
    "a bomb": bomb,
    "a bomb in a header": header_bomb,
    "nonsense in gzip": lambda: gzip.compress(os.urandom(2000)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_bundle_is_one_sentence(tmp_path: Path, state: Path, capsys: Capture, kind: str) -> None:
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(HOSTILE[kind]())
    code, out, err = run(capsys, "verify", str(path))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert str(path) in err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (archive.STATEMENT, b"[]"),
        (archive.STATEMENT, b"[" * 100_000),
        (archive.STATEMENT, b'{"payload": "", "payloadType": "x", "signatures": []}'),
        (archive.STATEMENT, b'{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": 7}'),
        (archive.PUBLIC_KEY, b"no key"),
        (archive.RECORD, b""),
        (archive.RECORD, b"{}"),
        (archive.RECORD, b'{"format": "gonogo record 1", "run": "1", "head": null}\n'),
        (archive.RECORD, b'{"format": "gonogo record 1", "run": 1, "head": {"number": 1}}\n'),
        (archive.RECORD, b'{"format": "gonogo record 1", "run": 1, "head": null}\n' + b'{"a":' * 100_000),
        (archive.RECORD, b'{"format": "gonogo record 1", "run": 1, "head": null}\n{"number": 1}\n'),
        (archive.RECORD, b"1" * 100_000),
        (
            archive.RECORD,
            b'{"format": "gonogo record 1", "run": 1, "head": null}\n' + b"[" + b"[]," * 6_000_000 + b"1]",
        ),
        (
            archive.RECORD,
            b'{"format": "gonogo record 1", "run": 1, "head": null}\n{"kind": "a", "ref": "b", "row": {"c": []}}',
        ),
        (archive.RECORD, b'{"format": "gonogo record 1", "run": 1, "head": null}\n{"kind": "a", "ref": [], "row": {}}'),
        (archive.RECORD, b"\xff\xfe"),
    ],
)
def test_hostile_content_is_one_sentence(bundle: Path, capsys: Capture, name: str, content: bytes) -> None:
    change(bundle, lambda files: files.update({name: content}))
    code, out, err = run(capsys, "verify", str(bundle))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert name in err


def test_a_statement_that_is_too_large_is_one_sentence(
    bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_STATEMENT", 10)
    assert problems(capsys, bundle) == [f"gonogo: {bundle} is no bundle: its statement.json is too large."]


def test_no_bundle_is_written_that_could_not_be_read(
    state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_CONTENT", 1000)
    code, _, err = run(capsys, "report", "1", "--bundle", str(state.with_name("b.tar.gz")))
    assert code == 1
    assert "The record of this run is too large for a bundle" in err
    assert not state.with_name("b.tar.gz").exists()


def test_what_is_no_file_is_one_sentence(state: Path, capsys: Capture, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for what in (tmp_path / "none", tmp_path, tmp_path / "fifo"):
        code, _, err = run(capsys, "verify", str(what))
        assert (code, len(err.splitlines())) == (1, 1)


def test_a_key_of_another_kind_is_refused(bundle: Path, tmp_path: Path, capsys: Capture) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    code, _, err = run(capsys, "verify", str(bundle), "--key", str(wrong))
    assert code == 1
    assert f"{wrong} does not hold an ed25519 public key" in err
    from state.errors import Refused

    with pytest.raises(Refused, match="does not hold an ed25519 private key"):
        read_private(wrong)


def test_bytes_in_a_row_survive_the_bundle() -> None:
    chain = Chain(run=1, entries=(), head=None, rows={("run", ""): {"note": b"\x00\xff", "speed": 1.0}})
    assert from_lines(to_lines(chain)) == chain
