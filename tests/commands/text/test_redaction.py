"""Secrets are masked by their names and shapes; everything else is left unchanged."""

from __future__ import annotations

import json

import pytest

from commands.text.redaction import is_secret_name, masked
from tests.growth import assert_linear

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
def test_a_value_with_the_name_of_a_secret_is_masked(text: str) -> None:
    assert "s3cr3t" not in masked(text), masked(text)
    assert "•••" in masked(text)


@pytest.mark.parametrize("text", [f'{{"data": "{JWT}"}}', f"<p>{JWT}</p>", f'["{JWT}"]', JWT])
def test_a_value_with_the_shape_of_a_token_is_masked_under_any_name(text: str) -> None:
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
def test_a_text_without_secrets_is_returned_unchanged(text: str) -> None:
    assert masked(text) == text


def test_json_keeps_its_shape() -> None:
    result = json.loads(masked('{"session": {"id": "x", "active": true}, "n": [1, 2]}'))
    assert result == {"session": {"id": "•••", "active": True}, "n": [1, 2]}
    assert json.loads(masked('{"passwordHash": 73313373}')) == {"passwordHash": "•••"}


def test_when_a_secret_was_requested_only_sentences_are_shown_whatever_their_field_is_called() -> None:
    assert masked('{"zugang": "s3cr3t", "id": 7}', ["token"]) == '{"zugang": "•••", "id": 7}'
    assert masked('{"message": "Wrong e-mail or it ended"}', ["token"]) == '{"message": "Wrong e-mail or it ended"}'
    assert masked("502 Bad Gateway, request s3cr3t-77", ["token"]) == "502 Bad Gateway, request •••"
    assert masked('{"id": 7}', ["status"]) == '{"id": 7}'


@pytest.mark.parametrize("name", ["token", "user.accessToken", "passwordHash", "session-id", "api_key", "refresh"])
def test_the_name_of_a_secret_is_recognised_as_one_word_a_path_or_camel_case(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["token_count", "secretary", "status", "session_count", "accessLevel", ""])
def test_a_name_that_only_contains_such_a_word_is_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ-",
        "-eyJ",
        "eyJa.",
        "a",
        "token",
        "eyJ",
        "cookie:",
        'token="',
        "token='\\",
        "Bearer ",
        "token \t",
        "\\",
        "name=token",
        "name=token value=",
        "sid ",
        '{"token":"',
        "[",
        "session",
        "basic a",
    ],
)
def test_the_time_to_mask_a_text_grows_with_its_length_and_no_faster(piece: str) -> None:
    assert_linear(masked, piece)
    assert_linear(lambda text: masked(text, ["token"]), piece)


def test_a_token_is_masked_to_its_end_behind_anything_that_looks_like_its_start() -> None:
    assert masked("-eyJ-eyJhbGciOi.eyJzdWIi.c2ln. and eyJ.x") == "-••• and eyJ.x"
    assert masked("see a.eyJhbGciOi.eyJzdWIi.c2ln") == "see a.•••"
    assert masked("eyJhbGciOi") == "eyJhbGciOi"
