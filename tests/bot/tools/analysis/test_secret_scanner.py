"""Secrets are found by their kind, and long words are not taken for secrets."""

from __future__ import annotations

from bot.tools.analysis.secret_scanner import secrets


def test_a_secret_is_named_by_its_kind_and_line_and_never_repeated() -> None:
    secret = "hunter2" * 2
    findings = secrets([(3, "const a = 1"), (7, f'const password = "{secret}"')])
    assert [(finding.line, finding.why) for finding in findings] == [(7, "Secret Keyword")]
    assert secret not in repr(findings)


def test_a_private_key_is_found() -> None:
    assert [finding.why for finding in secrets([(1, "-----BEGIN RSA PRIVATE KEY-----")])] == ["Private Key"]


def test_a_long_word_alone_is_no_secret() -> None:
    assert secrets([(1, "integrity sha512 = 'c2VjcmV0LWxvbmctd29yZC10aGF0LWxvb2tzLXJhbmRvbQ9A8f7'")]) == []
