"""Fingerprints of places: they change with an address, not with a secret, and show neither."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import paramiko
import pytest

from bot.tools.fingerprints import fingerprints
from bot.tools.places import DatabasePlace, HostPlace, LocalPlace, Places, WebPlace
from commands.ports.page_text import PageText

PLACES = Places(
    hosts={
        "production": HostPlace(
            address=PageText("$SSH"),
            key=PageText("$SSH_KEY"),
            known_hosts=PageText("$KNOWN"),
            path=PageText("$HOST_PATH"),
        )
    },
    databases={"production": DatabasePlace(url=PageText("$DB"))},
    webs={"api": WebPlace(url=PageText("$API"))},
)
NAMES = ("$DB", "$REPO", "$BACKUPS", "$SCRATCH", "$BYPASS", "$API_TOKEN")
ENVIRON = {
    "SSH": "deploy@10.0.0.7:22",
    "SSH_KEY": "/keys/one",
    "KNOWN": "/nowhere/known_hosts",
    "HOST_PATH": "/opt/node/bin",
    "DB": "postgresql://app:s3cret@db.example:5432/shop?sslmode=require&sslpassword=x",
    "API": "https://api.example/v1",
    "REPO": "/srv/shop",
    "BACKUPS": "/srv/backups",
    "SCRATCH": "postgresql://app:s3cret@scratch.example/scratch",
    "BYPASS": "correct horse",
    "API_TOKEN": "/base64/that/begins/like/a/path",
}


def changed(**environ: str) -> set[str]:
    """The names of the fingerprints that other variables change."""
    before, now = fingerprints(PLACES, NAMES, ENVIRON), fingerprints(PLACES, NAMES, {**ENVIRON, **environ})
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"SSH": "deploy@10.0.0.8:22"}, {"host production: address"}),
        ({"SSH": "deploy@10.0.0.7:2222"}, {"host production: address"}),
        ({"SSH": "root@10.0.0.7:22"}, {"host production: user"}),
        ({"HOST_PATH": "/home/bin"}, {"host production: PATH"}),
        ({"DB": "postgresql://app:s3cret@staging.example:5432/shop?sslmode=require"}, {"database production: address"}),
        ({"DB": "postgresql://app:s3cret@db.example:6432/shop?sslmode=require"}, {"database production: address"}),
        ({"DB": "postgresql://app:s3cret@db.example:5432/other?sslmode=require"}, {"database production: path"}),
        ({"DB": "postgresql://boss:s3cret@db.example:5432/shop?sslmode=require"}, {"database production: user"}),
        (
            {"DB": "postgresql://app:s3cret@db.example:5432/shop?sslmode=require&host=evil.example"},
            {"database production: parameters"},
        ),
        ({"API": "https://api.example/v2"}, {"web api: path"}),
        ({"API": "http://api.example:443/v1"}, {"web api: scheme"}),
        ({"REPO": "/srv/other"}, {"$REPO"}),
        ({"BACKUPS": "/mnt/backups"}, {"$BACKUPS"}),
        ({"SCRATCH": "postgresql://app:s3cret@db.example/scratch"}, {"$SCRATCH: address"}),
    ],
)
def test_another_address_user_or_path_changes_its_fingerprint(environ: dict[str, str], names: set[str]) -> None:
    assert changed(**environ) == names


@pytest.mark.parametrize(
    "environ",
    [
        {"DB": "postgresql://app:new@db.example:5432/shop?sslmode=require&sslpassword=y"},
        {"DB": "postgresql://app:s3cret@DB.example/shop?sslmode=require"},
        {"API": "https://api.example:443/v1/"},
        {"SSH_KEY": "/keys/two"},
        {"BYPASS": "another horse"},
        {"API_TOKEN": "/another/token"},
    ],
)
def test_another_secret_or_another_way_to_write_the_same_changes_nothing(environ: dict[str, str]) -> None:
    assert changed(**environ) == set()


def test_a_variable_that_is_gone_or_no_address_changes_its_fingerprint() -> None:
    assert changed(SSH="") == {"host production: address", "host production: user"}
    assert "database production: address" in changed(DB="postgresql://[broken")


def test_no_address_and_no_secret_can_be_read_from_them() -> None:
    shown = repr(fingerprints(PLACES, NAMES, ENVIRON))
    for text in ("10.0.0.7", "deploy", "example", "shop", "srv", "s3cret", "horse", "base64"):
        assert text not in shown


def test_another_host_key_changes_the_fingerprint_of_the_host(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"10.0.0.7 {_public_key()}\n")
    first = fingerprints(PLACES, (), {**ENVIRON, "KNOWN": str(known)})
    known.write_text(f"10.0.0.8 {_public_key()}\n{known.read_text()}")
    assert fingerprints(PLACES, (), {**ENVIRON, "KNOWN": str(known)}) == first, "another host's key counts"
    known.write_text(f"10.0.0.7 {_public_key()}\n")
    second = fingerprints(PLACES, (), {**ENVIRON, "KNOWN": str(known)})
    assert {name for name in first if first[name] != second[name]} == {"host production: host key"}


def test_the_key_of_a_host_at_another_port_is_found(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[10.0.0.7]:2222 {_public_key()}\n")
    environ = {**ENVIRON, "SSH": "deploy@10.0.0.7:2222"}
    with_key = fingerprints(PLACES, (), {**environ, "KNOWN": str(known)})
    assert with_key["host production: host key"] != fingerprints(PLACES, (), environ)["host production: host key"]


@pytest.mark.parametrize("text", [b"10.0.0.7 ssh-rsa not+base64!\n", b"\xff\xfe\n"])
def test_a_known_hosts_file_that_cannot_be_read_is_no_error(tmp_path: Path, text: bytes) -> None:
    known = tmp_path / "known_hosts"
    known.write_bytes(text)
    assert "host production: host key" in fingerprints(PLACES, (), {**ENVIRON, "KNOWN": str(known)})


def _public_key() -> str:
    key = paramiko.ECDSAKey.generate()
    return f"{key.get_name()} {key.get_base64()}"


def test_a_local_host_is_another_for_another_user_home_or_folders_of_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(hosts={"tools": LocalPlace(path=PageText("$TOOLS"))})
    for home in ("one", "two"):
        (tmp_path / home).mkdir()

    def found(home: str = "one", tools: str = "/opt/bin") -> dict[str, str]:
        return fingerprints(places, (), {"HOME": str(tmp_path / home), "TOOLS": tools})

    before = found()

    def differ(now: dict[str, str]) -> set[str]:
        return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}

    assert set(before) == {f"host tools: {part}" for part in ("user", "home", "job folders", "PATH")}
    assert differ(found()) == set()
    assert differ(found("two")) == {"host tools: home", "host tools: job folders"}
    assert differ(found(tools="/other")) == {"host tools: PATH"}
    # as in a container that was made anew: a job that began there would be taken for one that never did
    shutil.rmtree(tmp_path / "one" / ".gonogo")
    assert differ(found()) == {"host tools: job folders"}
    before = found()
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert differ(found()) == {"host tools: user"}
