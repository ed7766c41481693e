"""Signatures of commits and tags: what git's verification against an allowed-signers file says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commands.ports.shell import CommandResult

_SIGNED_BY = re.compile(r'^Good "git" signature for (\S+) with \S+ key (SHA256:\S+)$', re.MULTILINE)
_KEY = re.compile(r"key (SHA256:[A-Za-z0-9+/]+)")
_BAD, _OTHER_TAG, _OTHER_PERSON = 74, 75, 76  # exit codes of the script


def signer(output: str) -> str:
    """Who signed, with the key's fingerprint, by the output of a verification that succeeded; otherwise empty."""
    # the last one: what git's server printed before is not ours
    found = _SIGNED_BY.findall(output)
    return f"{found[-1][0]} ({found[-1][1]})" if found else ""


def signature_error(result: CommandResult, values: Mapping[str, str], ref: str) -> tuple[str, str] | None:
    """What is wrong with a signature, and what to do, by the script's result. None if nothing is."""
    what = f"the {'tag' if values.get('signed') == 'tag' else 'commit of'} {ref}"
    if result.code == _OTHER_TAG:
        name = values.get("tag", "")[:80]
        return f"the tag {ref} on origin holds a tag that was made as {name}", "find out who put it there"
    if result.code == _OTHER_PERSON:
        role, who = ("tagger" if values.get("signed") == "tag" else "committer"), values.get("who", "")[:80]
        whose = f"{what} is signed with a key that is not its {role}'s, {who or 'who has no e-mail address'}"
        return whose, "find out who made it, or let that person sign it"
    if result.code != _BAD:
        return None
    return _refused(what, result.tail, values.get("signature", ""))


def _refused(what: str, output: str, form: str) -> tuple[str, str]:
    found = _KEY.search(output)
    key = f"the key {found[1]}" if found else "a key"
    if form == "none":
        return f"{what} is not signed", "sign it with an SSH key of the allowed signers, or deploy a signed tag"
    if form == "other":
        why = "is signed, but not with an SSH key, and only those of the allowed signers count"
        return f"{what} {why}", "deploy a tag that is signed with an SSH key"
    if "key has expired" in output:
        return f"{what} is signed with {key}, which has expired", "let it be signed with a valid key"
    if "key is not yet valid" in output:
        return f"{what} is signed with {key}, which is not valid yet", "let it be signed with a valid key"
    if "No principal matched" in output:
        todo = "find out whose key that is; if it may sign, add it to the allowed signers"
        return f"{what} is signed with {key}, which is not among the allowed signers", todo
    last = (output.strip().splitlines() or ["it printed nothing"])[0][:160]
    return f"the signature of {what} does not verify ({last})", "do not deploy it before that is explained"
