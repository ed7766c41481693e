"""Secrets that an answer brings are masked by their names and shapes, in JSON and in plain text; all else stays as it is."""

from __future__ import annotations

import json
import time

import pytest

from commands.text.redaction import masked

JWT = "eyJhbGciOi.SESSION.abc"


@pytest.mark.parametrize(
    "text",
    [
        '{"token": "s3cr3t"}',
        '{"user": {"accessToken": "s3cr3t", "id": 1}}',
        '{"session": {"id": "s3cr3t", "parts": ["s3cr3t", 7]}}',
        '[{"refresh_token": "s3cr3t"}]',
        '{"password": "s3cr3t", "user": 1}',
        '{"set-cookie": "sid=s3cr3t"}',
        '{"body": "{\\"jwt\\": \\"s3cr3t\\"}"}',
        '{"token": "s3cr3t", "cut off in the mi',
        "token=s3cr3t&user=1",
        "Set-Cookie: sid=s3cr3t; uid=s3cr3t",
        "Authorization: Bearer s3cr3t-1234",
        "you sent Bearer s3cr3t-1234-5678",
        "<script>window.apiKey = 's3cr3t'</script>",
        '{"access": "s3cr3t", "refresh": "s3cr3t"}',
        '{"sid": "s3cr3t"}',
        '{"name": "token", "value": "s3cr3t"}',
        '<input type="hidden" name="csrf_token" value="s3cr3t99">',
        'Error: {\\"token\\":\\"s3cr3t\\",\\"id\\":1}',
    ],
)
def test_what_a_name_gives_away_is_masked(text: str) -> None:
    assert "s3cr3t" not in masked(text), masked(text)
    assert "•••" in masked(text)


@pytest.mark.parametrize("text", [f'{{"data": "{JWT}"}}', f"<p>{JWT}</p>", f'["{JWT}"]', JWT])
def test_what_has_the_shape_of_a_token_is_masked_under_any_name(text: str) -> None:
    assert "SESSION" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"status":  "ok", "commit": "2222222222"}',
        '{"token": null, "session": "", "passwordExpired": false}',
        "Send a bearer token.",
        "<!doctype html><title>Please log in</title>",
        "Internal error",
        '{"session_count": 3, "tokens_used": 17, "secretaryId": 4, "accessLevel": "admin"}',
        '{"name": "Jo", "value": "7"}',
    ],
)
def test_what_is_no_secret_stays_to_the_letter(text: str) -> None:
    assert masked(text) == text


def test_json_keeps_its_shape() -> None:
    found = json.loads(masked('{"session": {"id": "x", "active": true}, "n": [1, 2]}'))
    assert found == {"session": {"id": "•••", "active": True}, "n": [1, 2]}
    assert json.loads(masked('{"passwordHash": 73313373}')) == {"passwordHash": "•••"}


def test_where_a_secret_was_asked_for_no_value_is_shown_under_whatever_name_it_came() -> None:
    assert masked('{"zugang": "s3cr3t", "id": 7}', ["token"]) == '{"zugang": "•••", "id": 7}'
    assert masked('{"message": "Wrong e-mail or it ended"}', ["token"]) == '{"message": "Wrong e-mail or it ended"}'
    assert masked("502 Bad Gateway, request s3cr3t-77", ["token"]) == "502 Bad Gateway, request •••"
    assert masked('{"id": 7}', ["status"]) == '{"id": 7}'


@pytest.mark.parametrize("piece", ["eyJ-", "a", "token", "eyJ", "cookie:", 'token="', "Bearer ", "token \t", "\\"])
def test_a_long_answer_is_masked_in_no_time(piece: str) -> None:
    began = time.monotonic()
    masked(piece * (500_000 // len(piece)))
    assert time.monotonic() - began < 5
