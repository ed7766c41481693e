"""The redactor masks every secret of the environment in each of its forms, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.tools.secrets import Redactor, _literals, redactor_for, too_short_to_mask
from commands.text.redaction import HIDDEN

URL = "postgresql://me:p%40ss-word@db.internal:5432/shop"


@pytest.mark.parametrize(
    "text",
    [
        URL,
        "p%40ss-word",
        "p@ss-word",
        "me:p%40ss-word@db.internal:5432",
    ],
)
def test_the_parts_of_a_url_that_hold_its_password_are_masked(text: str) -> None:
    assert Redactor([URL])(f"<{text}>") == "<•••>"


def test_a_secret_is_masked_percent_encoded_too() -> None:
    assert Redactor(["to/ken+1"])("q=to%2Fken%2B1 or to/ken+1") == "q=••• or •••"


def test_the_longest_secret_is_masked_first() -> None:
    assert Redactor(["hunter", "hunter22"])("hunter22 hunter") == "••• •••"


def test_a_value_of_three_characters_is_not_masked() -> None:
    assert Redactor(["abc"])("abc") == "abc"


def test_a_secret_that_is_learned_later_is_masked_from_then_on() -> None:
    redact = Redactor([])
    assert redact("s3cr3t") == "s3cr3t"
    redact.learn("s3cr3t")
    assert redact("s3cr3t") == "•••"


def test_the_pages_variables_and_slacks_own_are_masked_and_settings_are_not() -> None:
    environ = {
        "SHOP_TOKEN": "shop-token",
        "SLACK_BOT_TOKEN": "xoxb-token",
        "SLACK_API_URL": "http://slack.test",
        "GONOGO_STATE": "/var/lib/gonogo",
        "PATH": "/usr/bin",
        "OTHER": "not named by the page",
    }
    redact = redactor_for(["$SHOP_TOKEN", "GONOGO_STATE", "$PATH", "$UNSET"], environ)
    assert redact(" ".join(environ.values())) == (
        "••• ••• http://slack.test /var/lib/gonogo /usr/bin not named by the page"
    )


@pytest.mark.parametrize("name", ["GONOGO_HEARTBEAT_URL", "GONOGO_HEARTBEAT_END_URL"])
def test_the_address_of_a_heartbeat_is_masked_however_simple_it_is(name: str) -> None:
    redact = redactor_for([], {name: "https://watch.example/ping/shop"})
    assert redact("GET https://watch.example/ping/shop failed") == "GET ••• failed"


def test_nothing_is_compiled_before_there_is_a_text() -> None:
    compiled = _literals.cache_info().misses
    redact = redactor_for([], {"SHOP_TOKEN": "one-of-a-kind-t0ken", "SHOP_PASSWORD": "an0ther-of-its-kind"})
    redact.learn("a-th1rd-of-its-kind")
    assert _literals.cache_info().misses == compiled
    assert redact("one-of-a-kind-t0ken") == HIDDEN


def test_what_several_threads_learn_at_once_is_all_masked() -> None:
    redact, values = Redactor([]), [f"harbour-{number}-light" for number in range(64)]
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(redact.learn, values))
    assert [value for value in values if redact(value) != HIDDEN] == []


ADMIN = {"ADMIN_USER": "operator", "API_PASSWORD": "hunter22", "LOGIN": "operator"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("relation dj_operator, cooperators, operator2", "relation dj_operator, cooperators, operator2"),
        ("user operator: 'operator'@host", "user •••: '•••'@host"),
        ("dj_hunter22x", "dj_•••x"),
        ("Basic b3BlcmF0b3I6eA==", "Basic •••6eA=="),
    ],
)
def test_only_a_secret_by_name_or_look_is_masked_inside_a_word(text: str, shown: str) -> None:
    assert redactor_for(ADMIN, ADMIN)(text) == shown


def test_a_word_that_is_a_secret_of_another_variable_is_masked_anywhere() -> None:
    environ = {"ADMIN_USER": "operator", "ADMIN_PASSWORD": "operator"}
    assert redactor_for(environ, environ)("dj_operator") == "dj_•••"


def test_a_random_value_is_masked_inside_a_word_whatever_its_name() -> None:
    environ = {"BYPASS": "kX9vQ2mT7pL4"}
    assert redactor_for(environ, environ)("a_kX9vQ2mT7pL4_b") == "a_•••_b"


DIGEST = "9f64650a6465b1c2de"  # has "6465", which are the letters "de" in hexadecimal digits
PLAIN = {
    "LOCALE": "de",
    "REGION": "eu",
    "ZONE": "a1b",
    "SLOT": "1234",
    "SHOP_USER": "deploy",
    "SHOP_HOST": "db-1",
    "SITE": "edge",
}


@pytest.mark.parametrize(
    "text",
    [
        f"sha256:{DIGEST} of the dump",
        "under de, in eu, zone a1b",
        "commit a1bde41234eu99",
        "1234 rows, port 12345",
        "Deploy began; the deploy user deploys",
        "db-12 and sandb-1x answer",
        "6131622e, %64%65, ZGU=, aZWRnZb",
    ],
)
def test_a_short_or_everyday_setting_never_hides_a_part_of_a_text(text: str) -> None:
    assert redactor_for(PLAIN, PLAIN)(text) == text


@pytest.mark.parametrize(
    ("name", "value", "text", "shown"),
    [
        ("DB_PASSWORD", "ab1x", "mysql -pab1x", "mysql -p•••"),
        ("DB_PASSWORD", "ab1x", "Basic bWU6YWIxeA==", "Basic bWU6•••"),
        ("SHOP_PIN", "1234", "PIN 1234, -p1234", "PIN •••, -p•••"),
        ("SHOP_PIN", "1234", "commit ab1234cd", "commit ab1234cd"),
        ("API_TOKEN", "deploy", "x_deploy_y", "x_•••_y"),
        ("API_KEY", "cafe", "key=cafe", "key=•••"),
        ("SHOP_SECRET", "shop", "shop", "•••"),
    ],
)
def test_a_real_secret_never_leaks_however_short_its_four_characters_are(
    name: str, value: str, text: str, shown: str
) -> None:
    assert redactor_for([], {name: value})(text) == shown


def test_a_setting_of_a_secret_is_not_the_secret() -> None:
    environ = {"TOKEN_TTL": "3600", "KEY_TYPE": "ed25", "MAX_TOKENS": "4096"}
    assert redactor_for([], environ)("3600 s, ed25, 4096") == "3600 s, ed25, 4096"


def test_a_secret_that_is_too_short_to_be_masked_is_named() -> None:
    environ = {"DB_PASSWORD": "abc", "API_TOKEN": "abcd", "LOCALE": "de", "EMPTY_TOKEN": ""}
    assert too_short_to_mask([f"${name}" for name in environ], environ) == ["DB_PASSWORD"]
