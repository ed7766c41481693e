"""`release` with `signed = true`: real SSH keys, and what does not count as a signature."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository
from tests.local_shell import LocalShell
from tests.world import World

SIGNED = 'host = "h"\nrepository = "$REPO"\nsigned = true\nsigners = "$SIGNERS"'
ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"
EXPIRED = 'namespaces="git",valid-before="20200101" '


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the private keys alice, bob and carol, and their public halves."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("alice", "bob", "carol"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(words, check=True)
    return folder


class Signed(Repository):
    """A repository whose commits and tags are signed by people."""

    def __init__(self, folder: Path, keys: Path) -> None:
        super().__init__(folder)
        self.keys = keys
        self.signers = f"{self.line(ALICE)}\n"

    def line(self, who: str, options: str = "", principal: str = "") -> str:
        """A line of an allowed-signers file."""
        key = (self.keys / f"{who.split('@', maxsplit=1)[0]}.pub").read_text().split()
        return f"{principal or who} {options}{key[0]} {key[1]}"

    def sign(self, who: str, *words: str, as_person: str = "", env: Mapping[str, str] | None = None) -> None:
        """Run `git commit` or `git tag` with the key of `who`, in that person's name or another's."""
        person = as_person or who
        config = {"user.name": person, "user.email": person, "gpg.format": "ssh"}
        config["user.signingkey"] = str(self.keys / who.split("@", maxsplit=1)[0])
        settings = [part for name, value in config.items() for part in ("-c", f"{name}={value}")]
        command = ["git", *settings, *words]
        subprocess.run(command, cwd=self.origin, check=True, env={**os.environ, **(env or {})})

    def commit_signed(self, who: str, as_person: str = "", env: Mapping[str, str] | None = None) -> None:
        """An empty commit on origin's main, signed."""
        self.sign(who, "commit", "-q", "-S", "--allow-empty", "-m", "Signed", as_person=as_person, env=env)

    def release(self, ref: str = "main", signers: str = "") -> Outcome:
        """Run the step."""
        shell = LocalShell({"REPO": str(self.path), "SIGNERS": signers or self.signers})
        return execute(box("release", SIGNED), context(World(), {"ref": ref}, shell=shell, files={}))


@pytest.fixture
def repository(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Signed:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Signed(tmp_path, keys)


def test_a_commit_of_an_allowed_signer_is_released_and_the_signer_is_named(repository: Signed) -> None:
    repository.commit_signed(ALICE)
    outcome = repository.release()
    assert outcome.state == "done", outcome.summary
    assert outcome.lines[0].startswith("Signed by alice@example.com (SHA256:"), outcome.lines


def test_an_unsigned_commit_is_refused(repository: Signed) -> None:
    assert repository.release().summary == (
        "The commit of main is not signed: sign it with an SSH key of the allowed signers, or deploy a signed tag."
    )


def test_a_key_that_is_not_among_the_allowed_signers_is_refused(repository: Signed) -> None:
    repository.commit_signed(BOB)
    summary = repository.release().summary
    assert summary.startswith("The commit of main is signed with the key SHA256:")
    assert summary.endswith(
        ", which is not among the allowed signers: find out whose key that is; if it may sign, add it to the allowed "
        "signers."
    )


def test_an_expired_key_is_refused_also_for_a_commit_with_an_old_date(repository: Signed) -> None:
    """Git asks whether a key was valid at the commit's date, which whoever stole the key writes as they like."""
    signers = repository.line(CAROL, EXPIRED)
    for env in ({}, {"GIT_COMMITTER_DATE": "2019-06-01T00:00:00Z"}):
        repository.commit_signed(CAROL, env=env)
        summary = repository.release(signers=signers).summary
        assert ", which has expired: let it be signed with a valid key." in summary, (env, summary)


def test_a_key_that_is_not_valid_yet_is_refused(repository: Signed) -> None:
    repository.commit_signed(CAROL)
    signers = repository.line(CAROL, 'valid-after="20990101" ')
    assert ", which is not valid yet:" in repository.release(signers=signers).summary


def test_a_key_for_files_does_not_sign_commits(repository: Signed) -> None:
    repository.commit_signed(CAROL)
    signers = repository.line(CAROL, 'namespaces="file" ')
    assert repository.release(signers=signers).state == "failed"


def test_a_commit_in_the_name_of_somebody_else_is_refused(repository: Signed) -> None:
    repository.commit_signed(ALICE, as_person=BOB)
    assert repository.release().summary == (
        "The commit of main is signed with a key that is not its committer's, bob@example.com: "
        "find out who made it, or let that person sign it."
    )
    assert repository.release(signers=repository.line(ALICE, principal="*@example.com")).state == "done"


def test_a_signed_tag_vouches_for_an_unsigned_commit(repository: Signed) -> None:
    repository.sign(ALICE, "tag", "-s", "-m", "two", "v2")
    outcome = repository.release("v2")
    assert outcome.values["commit"] == repository.new, outcome.summary


def test_an_unsigned_tag_of_a_signed_commit_is_refused(repository: Signed) -> None:
    repository.commit_signed(ALICE)
    repository.sign(BOB, "tag", "-a", "-m", "two", "v2")
    assert repository.release("v2").summary.startswith("The tag v2 is not signed:")


def test_a_signed_tag_under_another_name_is_refused(repository: Signed) -> None:
    """The signature covers the tag's own name, and git looks only at that: an old tag could come back as v3."""
    repository.sign(ALICE, "tag", "-s", "-m", "one", "v1", repository.old)
    repository.sign(ALICE, "update-ref", "refs/tags/v3", "refs/tags/v1")
    assert repository.release("v3").summary == (
        "The tag v3 on origin holds a tag that was made as v1: find out who put it there."
    )


def test_a_tag_of_another_tagger_is_refused(repository: Signed) -> None:
    repository.sign(ALICE, "tag", "-s", "-m", "two", "v2", as_person=BOB)
    assert "signed with a key that is not its tagger's, bob@example.com" in repository.release("v2").summary


def test_a_signature_of_another_commit_is_refused(repository: Signed) -> None:
    repository.commit_signed(ALICE)
    script = "git cat-file commit HEAD | sed 's/^Signed$/Forged/' | git hash-object -t commit -w --stdin"
    forged = subprocess.run(["sh", "-c", script], cwd=repository.origin, check=True, capture_output=True, text=True)
    repository.sign(ALICE, "update-ref", "refs/heads/main", forged.stdout.strip())
    assert repository.release().summary.startswith("The signature of the commit of main does not verify (")


def test_words_that_look_like_a_signature_are_none(repository: Signed) -> None:
    text = '-----BEGIN SSH SIGNATURE-----\nGood "git" signature for alice@example.com with ED25519 key SHA256:x'
    repository.sign(BOB, "commit", "-q", "--allow-empty", "-m", text)
    assert repository.release().state == "failed"


def test_a_pgp_signature_does_not_count_even_where_the_host_trusts_it(repository: Signed, tmp_path: Path) -> None:
    program = tmp_path / "gpg"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n"
    )
    program.chmod(0o755)
    repository.sign(
        BOB,
        "-c",
        "gpg.format=openpgp",
        "-c",
        f"gpg.program={program}",
        "commit",
        "-q",
        "-S",
        "--allow-empty",
        "-m",
        "x",
    )
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] NEWSIG'\necho '[GNUPG:] GOODSIG 0 Bob'\n"
        "echo '[GNUPG:] TRUST_ULTIMATE 0 pgp'\n"
    )
    subprocess.run(["git", "config", "gpg.program", str(program)], cwd=repository.path, check=True)
    subprocess.run(["git", "fetch", "-q"], cwd=repository.path, check=True)
    words = ["git", "verify-commit", "origin/main"]
    trusted = subprocess.run(words, cwd=repository.path, check=False, capture_output=True)
    assert trusted.returncode == 0, "git itself must believe it here, or this test shows nothing"
    assert "signed, but not with an SSH key" in repository.release().summary


def test_the_settings_and_files_of_the_working_copy_do_not_choose_the_signers(repository: Signed) -> None:
    repository.commit_signed(BOB)
    own = repository.path / "allowed_signers"
    own.write_text(repository.line(BOB))
    for name, value in (("gpg.ssh.allowedSignersFile", str(own)), ("gpg.ssh.program", "/bin/true")):
        subprocess.run(["git", "config", name, value], cwd=repository.path, check=True)
    assert "which is not among the allowed signers" in repository.release().summary


def test_the_signers_may_be_written_on_one_line(repository: Signed) -> None:
    repository.commit_signed(BOB)
    signers = f"{repository.line(ALICE)}\\n{repository.line(BOB)}"
    assert repository.release(signers=signers).state == "done"


def test_a_commit_id_is_verified_too_and_nothing_is_left_on_the_host(repository: Signed, tmp_path: Path) -> None:
    assert "is not signed" in repository.release(repository.new).summary
    assert list((tmp_path / ".gonogo").iterdir()) == []


@pytest.mark.parametrize(
    ("more", "words"), [("signed = true", "signers: is missing"), ('signers = "$SIGNERS"', "signed: is missing")]
)
def test_one_field_without_the_other_is_refused_on_the_page(more: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        box("release", f'host = "h"\nrepository = "$REPO"\n{more}')
