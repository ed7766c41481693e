"""`gonogo report --bundle`: what a bundle holds, and that public tools find it good."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from contextlib import closing
from pathlib import Path

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from bot.report.bundle import archive
from bot.report.bundle.record_lines import from_lines, to_lines
from state.journal import Chain
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.bot.verify.bundles import problems
from tests.bot.verify.conftest import COMMIT
from tests.state.sqlite.forger import by_hand


def test_a_bundle_is_good_where_nothing_else_of_the_bot_is(bundle: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "verify", str(bundle))
    first, signed, whose = out.splitlines()
    assert (code, first) == (0, "✅ Run 1: the bundle is as it was signed; 12 entries.")
    assert signed.startswith("Signed with the key ")
    assert whose == "⚠️ Whose key that is was not checked: pass the bot's public key with --key."


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


def test_bytes_in_a_row_survive_the_bundle() -> None:
    chain = Chain(run=1, entries=(), head=None, rows={("run", ""): {"note": b"\x00\xff", "speed": 1.0}})
    assert from_lines(to_lines(chain)) == chain
