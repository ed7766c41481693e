"""Secrets are found by their kind, and long words are not taken for secrets."""

from __future__ import annotations

import pytest

from bot.tools.analysis import secret_scanner
from bot.tools.analysis.secret_scanner import secrets
from tests.growth import assert_linear


def test_a_secret_is_named_by_its_kind_and_line_and_never_repeated() -> None:
    secret = "hunter2" * 2
    findings = secrets([(3, "const a = 1"), (7, f'const password = "{secret}"')])
    assert [(finding.line, finding.why) for finding in findings] == [(7, "Secret Keyword")]
    assert secret not in repr(findings)


def test_a_private_key_is_found() -> None:
    assert [finding.why for finding in secrets([(1, "-----BEGIN RSA PRIVATE KEY-----")])] == ["Private Key"]


def test_a_long_word_alone_is_no_secret() -> None:
    assert secrets([(1, "integrity sha512 = 'c2VjcmV0LWxvbmctd29yZC10aGF0LWxvb2tzLXJhbmRvbQ9A8f7'")]) == []


@pytest.mark.parametrize("piece", ["password", "//", "password = '", "eyJa.", "https://a:b@"])
def test_a_long_line_is_searched_at_its_start_alone_and_the_finding_says_so(piece: str) -> None:
    assert_linear(lambda text: secrets([(1, text)]), piece)
    findings = secrets([(4, "x" * 20_000)])
    assert [(finding.line, finding.why) for finding in findings] == [
        (4, "not searched for secrets beyond the first 1,000 of 20,000 characters; review it by hand")
    ]


def test_a_search_that_takes_too_long_ends_and_says_from_which_line_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_scanner, "LIMIT", 0.0)
    findings = secrets([(number, "x") for number in range(5, 1000)])
    assert [(finding.line, finding.why) for finding in findings] == [
        (5, "not searched for secrets from here on, because that takes longer than 0 s; review it by hand")
    ]
