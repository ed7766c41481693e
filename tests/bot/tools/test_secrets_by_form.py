"""Secrets that their form shows are masked, though no variable of the bot's has them."""

from __future__ import annotations

import pytest

from bot.tools.secrets import Redactor
from tests.growth import assert_linear

GITHUB, GITLAB = "ghp_" + "a1B2" * 9, "glpat-" + "x9" * 10
redact = Redactor([])


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            f"fatal: unable to access 'https://{GITHUB}@github.com/team/shop.git/': error: 403",
            "fatal: unable to access 'https://•••@github.com/team/shop.git/': error: 403",
        ),
        ("https://ci:hunter2hunter2@git.test/shop.git", "https://ci:•••@git.test/shop.git"),
        ("https://ci:p@ss@git.test/shop.git", "https://ci:•••@git.test/shop.git"),
        ("https://ci:%70assword@git.test/shop.git", "https://ci:•••@git.test/shop.git"),
        ("redis://:s3cr3t@cache:6379/0 ready", "redis://:•••@cache:6379/0 ready"),
        (f"https://{'0a' * 20}@github.com/x", "https://•••@github.com/x"),
        (f"export TOKEN {GITLAB}", "export TOKEN •••"),
        ("POST https://hooks.slack.com/services/T000/B000/" + "q" * 24, "POST https://hooks.slack.com/services/•••"),
        ("npm_" + "Ab1" * 12, "•••"),
        ('"GET /reset?token=tulip9 HTTP/1.1" 500', '"GET /reset?token=••• HTTP/1.1" 500'),
        ("POST /?user[password]=tulip9&user%5Bapi_key%5D=tulip9", "POST /?user[password]=•••&user%5Bapi_key%5D=•••"),
        ("https://hook.test/?x=1&api_key=tulip9&y=2", "https://hook.test/?x=1&api_key=•••&y=2"),
        ("jdbc:postgresql://db/shop?user=app&password=tulip9", "jdbc:postgresql://db/shop?user=app&password=•••"),
        (
            "https://b.test/k?X-Amz-Date=2026&X-Amz-Signature=fe5f80",
            "https://b.test/k?X-Amz-Date=2026&X-Amz-Signature=•••",
        ),
        ("<a href='/b?sv=2020&amp;sig=Zm9v%3D'>", "<a href='/b?sv=2020&amp;sig=•••'>"),
        ("/a?token=tulip9|200|12\x00`/b?sig=tulip9`,n", "/a?token=•••|200|12\x00`/b?sig=•••`,n"),
        ("/a?token=%2Ftulip9&password=$2y$10$tulip", "/a?token=•••&password=•••"),
        (r'{"url": "/b?a=1\u0026refresh_token=tulip9"}', r'{"url": "/b?a=1\u0026refresh_token=•••"}'),
        ("https://ci:pa/ss@git.test/shop.git", "https://ci:•••@git.test/shop.git"),
        ("postgresql://app:s3c/r?e#t@db:5432/shop", "postgresql://app:•••@db:5432/shop"),
        ("https://ci:p@ss/word@db/shop?x=1", "https://ci:•••@db/shop?x=1"),
        ("https://ci:hunter2@git.test/@scope/name", "https://ci:•••@git.test/@scope/name"),
        ("https://app.test:8080,https://ci:hunter2@git.test", "https://app.test:8080,https://ci:•••@git.test"),
        ("https://x7Kd92mQ@git.test/shop.git", "https://•••@git.test/shop.git"),
        (f"https://{'0a' * 20}:x-oauth-basic@github.com/x", "https://•••:•••@github.com/x"),
        (f"https://{'0a' * 20}:@api.test/x", "https://•••:@api.test/x"),
        ("aws_access_key_id = AKIA" + "ABCD1234" * 2, "aws_access_key_id = •••"),
        ("?key=AIza" + "a1-B_" * 7 + "&q=1", "?key=•••&q=1"),
        ("stripe sk_live_" + "a1B2" * 6 + " and rk_test_" + "a1B2" * 6, "stripe ••• and •••"),
        ("SG." + "a1B2c3_x" * 3 + "." + "a1-B2c3_" * 5, "•••"),
        ("pypi-AgEIcHlwaS5vcmcC" + "a1B2" * 20, "•••"),
        ("> Authorization: Basic dXNlcjpwYXNz", "> Authorization: •••"),
        ("token=eyJ" + "hbGciOiJI" * 2 + ".eyJ" + "zdWIiOiIx" * 2 + ".c2lnbmF0dXJl", "token=•••"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEow" * 9 + "\n-----END",
            "-----BEGIN RSA PRIVATE KEY-----•••-----END",
        ),
    ],
)
def test_a_secret_that_its_form_shows_is_masked(said: str, shown: str) -> None:
    assert redact(said) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://git@github.com/team/shop.git",
        "ssh://deploy@host.test:2222/srv/shop.git",
        "http://127.0.0.1:8080/path?mail=a@b.test",
        "postgresql://user:password@host:5432/name",
        "https://ci:$TOKEN@git.test/shop.git",
        "npm install @scope/name@1.2.3 from https://registry.test:4873/@scope/name",
        "ghp_short and the commit " + "0a" * 20,
        "see https://docs.test/a:b and mail ana@example.test",
        "https://jsmith1990@bitbucket.org/team/shop.git",
        "pull docker://alpine:3.20@sha256:0a0a",
        "http://[::1]:8080/@scope and http://$HOST:$PORT/@scope",
        "https://ci:%2A%2A%2A@git.test/shop.git",
        "SG.example.com, sk_live_mode, AKIA and pypi-mirror, cache key-" + "0a" * 16,
        "GET /list?key=name&sort=token&page=2&design=tulip9&token=$TOKEN&token={token}&token=<token>",
        'curl "http://localhost/?token=$(cat /etc/token)" "/?token=${TOKEN:?}/x"',
        "/reset?token={{token}}, /reset?token={user.token}, /reset?token=%1$s, /reset?token=%{token}x, /a?token=:token",
        "`/a?token=${e}`,n=1 and /a?token=null&sig=[token]",
        "token=tulip9 stands in no address, and password = tulip9 neither",
        "Authorization: Basic is needed; -----BEGIN CERTIFICATE-----MIIEowMIIEowMIIEowMIIEow-----END",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "https://",
        "https://ab:cd ",
        "https://a:",
        "://" + "a" * 400,
        "ghp_",
        "xox",
        "https://a:b/@",
        "eyJaaaaaaaaaa.",
        "eyJ-",
        "?token=",
        "&a_",
    ],
)
def test_the_time_grows_with_the_length_of_a_text(piece: str) -> None:
    assert_linear(redact, piece)
