"""A secret is masked in every form in which programs show it, and so are its parts."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import subprocess
import textwrap
import time
import urllib.parse
from collections.abc import Callable

import pytest

from bot.text import clean
from bot.tools.secrets import Redactor, looks_secret, redactor_for
from tests.growth import assert_linear

PLAIN = "kX9-vB2qT7.mN4zR8"
AWKWARD = "p@ss/w+rd 'q\"&<x>$\\`!=%41é"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n"


def _printf_q(text: str) -> str:
    """The text as bash's printf %q quotes it."""
    return subprocess.run(
        ["bash", "-c", 'printf %q "$1"', "-", text], capture_output=True, text=True, check=True
    ).stdout


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "base64": _b64,
    "base64 without padding": lambda s: _b64(s).rstrip("="),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 behind a user": lambda s: _b64(f"me:{s}"),
    "base64 behind a longer user": lambda s: _b64(f"user1:{s}\n"),
    "base64 in the middle": lambda s: _b64(f"a{s}b" * 3),
    "base64 of UTF-16": lambda s: base64.b64encode(f"echo {s}".encode("utf-16-le")).decode(),
    "base64 in lines": lambda s: "\n".join(textwrap.wrap(_b64(f"user:{s}" * 5), 19)),
    "JSON": lambda s: json.dumps({"a": s}),
    "JSON with other letters as they are": lambda s: json.dumps({"a": s}, ensure_ascii=False),
    "JSON in JSON": lambda s: json.dumps(json.dumps(s)),
    "JSON as PHP writes it": lambda s: json.dumps(s).replace("/", "\\/"),
    "JSON as Go writes it": lambda s: (
        json.dumps(s).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    ),
    "a shell's quotes": shlex.quote,
    "a shell's trace": lambda s: "'" + s.replace("'", "'\\''") + "'",
    "printf %q": _printf_q,
    "double quotes": lambda s: (
        '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'
    ),
    "HTML": html.escape,
    "HTML without quotes": lambda s: html.escape(s, quote=False),
    "HTML by Jinja": lambda s: html.escape(s).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "HTML by numbers": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "percent": lambda s: urllib.parse.quote(s, safe=""),
    "percent, lower case": lambda s: re.sub("%..", lambda code: code[0].lower(), urllib.parse.quote(s, safe="")),
    "percent as in paths": urllib.parse.quote,
    "percent as in JavaScript": lambda s: urllib.parse.quote(s, safe="!'()*~-_."),
    "a form": urllib.parse.quote_plus,
    "percent twice": lambda s: urllib.parse.quote(urllib.parse.quote(s, safe=""), safe=""),
    "hexadecimal": lambda s: s.encode().hex(),
    "HEXADECIMAL": lambda s: s.encode().hex().upper(),
    "hexadecimal escapes": lambda s: "".join(f"\\x{b:02x}" for b in s.encode()),
    "Python's repr": repr,
    "SQL": lambda s: "'" + s.replace("'", "''") + "'",
}

# where the text around the secret is encoded in the same characters as a part of it: how often the secret is there
TIMES = {"base64 of UTF-16": 1, "base64 in lines": 5}


@pytest.mark.parametrize("secret", [PLAIN, AWKWARD])
@pytest.mark.parametrize("name", FORMS)
def test_a_secret_is_masked_in_each_form(name: str, secret: str) -> None:
    form = FORMS[name](secret)
    shown = Redactor([secret])(f"before {form} after")
    assert "•••" in shown, f"{name}: {form}"
    if name in TIMES:
        assert shown.count("•••") == TIMES[name], shown
        return
    # what the form of another secret has too says nothing of this one
    other = FORMS[name]("".join("z" if letter.isalnum() else letter for letter in secret))
    pieces = {form[at : at + 6] for at in range(len(form) - 5)} - {other[at : at + 6] for at in range(len(other) - 5)}
    assert not [piece for piece in pieces if piece in shown.replace("•••", "\0")], f"{name}: {shown}"


@pytest.mark.parametrize("secret", [PLAIN, AWKWARD])
@pytest.mark.parametrize("at", range(8))
def test_a_secret_is_masked_at_each_place_in_base64(secret: str, at: int) -> None:
    encoded = _b64("x" * at + secret + "yz")
    assert len(Redactor([secret])(encoded).replace("•••", "")) <= len(_b64("x" * at)) + len(_b64("yz")) + 4


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:p:q2w/e3r@t4y@db.internal:5432/shop", ["p:q2w/e3r@t4y", "e3r@t4y", "q2w/e3r"]),
        ("postgresql://me:first-half@second-half@db/shop", ["second-half", "first-half", "first-half@second-half"]),
        ("postgresql://me:first-half:second-half@db/shop", ["second-half", "first-half"]),
        ("postgresql://me:first-half/second-half@db/shop", ["second-half", "first-half"]),
        ("postgresql://me:first-half?second-half#third@db/shop", ["second-half", "first-half", "third"]),
        ("postgresql://db/shop?user=me&password=first-half", ["first-half"]),
        ("host=db user=me password='first half' dbname=shop", ["first half"]),
        ("Server=db;User=me;Password=first-half;", ["first-half"]),
        ("https://me:first%2Dhalf@api.test/", ["first%2Dhalf", "first-half", "me:first%2Dhalf"]),
    ],
)
def test_what_a_program_takes_for_the_password_is_masked_wherever_it_cuts_the_address(
    address: str, shown: list[str]
) -> None:
    redact = Redactor([address])
    for part in shown:
        assert redact(f'could not translate host name "{part}" to address') == (
            'could not translate host name "•••" to address'
        )


def test_the_port_of_an_address_is_no_password() -> None:
    assert Redactor(["https://api.test:8443/v1/@scope"])("8443 /v1/ scope") == "8443 /v1/ scope"


def test_each_line_of_a_key_is_masked_and_its_frame_is_not() -> None:
    redact = Redactor([PEM])
    assert redact(f"key: {PEM}").strip() == "key: •••"
    assert redact("MIIEvQIBADANBgkqhkiG9w0BAQ and -----BEGIN PRIVATE KEY-----") == (
        "••• and -----BEGIN PRIVATE KEY-----"
    )
    assert redact(json.dumps(PEM)) == '"•••"'


def test_the_secrets_inside_json_are_masked_and_the_rest_is_not() -> None:
    account = json.dumps(
        {"type": "service_account", "private_key": PEM, "api_token": "tok-12345", "x": [PLAIN + "abcd1"]}
    )
    redact = Redactor([account])
    assert redact("service_account tok-12345 MIIEvQIBADANBgkqhkiG9w0BAQ") == "service_account ••• •••"
    assert redact(PLAIN + "abcd1") == "•••"


@pytest.mark.parametrize("cut", range(4, len(PLAIN)))
def test_what_is_left_of_a_secret_at_a_cut_is_masked(cut: int) -> None:
    redact = Redactor([PLAIN])
    assert redact(f"x {PLAIN[:cut]}", cut_end=True) == "x •••"
    assert redact(f"{PLAIN[-cut:]} x", cut_start=True) == "••• x"
    encoded = base64.b64encode(PLAIN.encode()).decode()
    assert redact(f"{encoded[-cut:]} x", cut_start=True).endswith("••• x")
    assert redact(f"x {PLAIN[:cut]}") == f"x {PLAIN[:cut]}"


def test_a_secret_that_is_broken_over_lines_is_masked() -> None:
    redact = Redactor([PLAIN])
    assert redact(f"a {PLAIN[:7]}\r\n    {PLAIN[7:12]}\n{PLAIN[12:]} b") == "a ••• b"
    assert redact("no\nsecret\nhere") == "no\nsecret\nhere"


@pytest.mark.parametrize("between", ["\x00", "\x1b[01;31m\x1b[K", "\x1b[0m", "\b", "\u202e", "\x1b]0;title\x07"])
def test_a_secret_that_is_broken_by_what_nobody_sees_is_masked(between: str) -> None:
    redact = Redactor(["tulip7"])  # a short one too: people are shown it whole
    assert redact(f"a {between.join('tulip7')} b{between}c") == f"a ••• b{between}c"
    assert redact(f"tul{between}\nip7") == f"tul{between}\nip7"
    assert clean(redact(f"a tul{between}ip7 b")) == "a ••• b"


NAMES = (
    "GIT_TOKEN",
    "PIP_INDEX_URL",
    "PYTHON_KEYRING_PASSWORD",
    "GONOGO_CHAIN_KEY",
    "LC_SECRET",
    "DBPASSWORD",
    "X_DSN",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_that_looks_secret_is_masked_whatever_its_prefix(name: str) -> None:
    value = "https://me:s3cr3t-0001@pypi.test/simple" if name.endswith("URL") else "s3cr3t-0001"
    assert "s3cr3t" not in redactor_for((), {name: value})("with s3cr3t-0001")


@pytest.mark.parametrize("name", ["GIT_SSH_HOST", "LC_PLACE", "PYTHON_SHOP", "GONOGO_SHOP"])
def test_a_variable_that_a_page_names_is_masked_whatever_its_prefix(name: str) -> None:
    assert redactor_for([f"${name}"], {name: "deploy@10.1.2.3:22"})("deploy@10.1.2.3:22") == "•••"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/local/bin:/usr/bin"),
        ("SSH_AUTH_SOCK", "/run/ssh-XXXX/agent.1"),
        ("GIT_AUTHOR_NAME", "Alice Example"),
        ("XDG_SESSION_CLASS", "user"),
        ("XDG_SESSION_TYPE", "wayland"),
        ("GIT_COMMIT", "3f2a9c1b7e6d5f4a3b2c1d0e9f8a7b6c5d4e3f2a"),
        ("KEYBOARD", "qwerty"),
        ("LOG_LEVEL", "information"),
    ],
)
def test_a_value_that_people_read_is_shown(name: str, value: str) -> None:
    assert redactor_for((), {name: value})(f"x {value} y") == f"x {value} y"


def test_an_everyday_word_is_never_masked_although_a_page_names_it() -> None:
    environ = {"BRANCH": "main", "STAGE": "production", "DB_PORT": "5432", "DB_USER": "postgres"}
    assert redactor_for(environ, environ)("main production 5432 postgres") == "main production 5432 postgres"


@pytest.mark.parametrize(
    "value", ["AKIAIOSFODNN7EXAMPLEX1", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "3f2a9c1b7e6d5f4a3b2c1d0e9f8a7b6c"]
)
def test_a_random_value_is_a_secret_under_any_name(value: str) -> None:
    assert looks_secret("ANYTHING", value)


@pytest.mark.parametrize(
    "piece", ["postgresql://u:", "kX9-vB2q", "kX9-\n", "a", "\n", "kX9-vB2qT7.mN4zR", "dGVz", "%41"]
)
def test_the_time_to_mask_grows_with_the_text_and_no_faster_and_little_with_the_number_of_secrets(piece: str) -> None:
    few, many = (
        Redactor([PLAIN, *(base64.b64encode(bytes([n, n // 2, n // 3, 7] * 5)).decode() for n in range(count))])
        for count in (2, 200)
    )
    for redact in (few, many):
        assert_linear(lambda text, redact=redact: redact(text, cut_start=True, cut_end=True), piece)  # type: ignore[misc]


def test_a_very_long_value_is_masked_piece_by_piece_and_costs_little() -> None:
    value = "".join(f"{n * 7919 % 1000003:x}Q" for n in range(20_000))
    began = time.thread_time()
    redact = Redactor([value])
    assert redact(f"a {value} b").replace("•••", "") == "a  b"
    assert len(redact(base64.b64encode(value.encode()).decode()).replace("•••", "")) < len(value) / 50
    assert time.thread_time() - began < 60
