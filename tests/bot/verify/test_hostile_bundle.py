"""`gonogo verify BUNDLE` of files that are no bundles: one sentence, within bounds."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.report.bundle import archive
from bot.report.bundle.signing_key import read_private
from tests.bot.command import Capture, run
from tests.bot.verify.bundles import change, problems


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
    "names without end": lambda: gzip.compress(typed("././@LongLink", tarfile.GNUTYPE_LONGNAME).tobuf() * 3000),
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
