"""The redactor masks every secret of the environment in each of its forms, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.tools.secrets import Redactor, redactor_for
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


def test_what_several_threads_learn_at_once_is_all_masked() -> None:
    redact, values = Redactor([]), [f"harbour-{number}-light" for number in range(256)]
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(redact.learn, values))
    assert [value for value in values if redact(value) != HIDDEN] == []
