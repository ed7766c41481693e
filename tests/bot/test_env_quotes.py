"""One env file, two readers: quotes and comments that one of them keeps are named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.env_file import Environment
from bot.env_quotes import kept_quotes
from bot.settings import read_settings
from state.errors import BadSettings
from tests.bot.command import Capture, run

KIND = "one text, two readers"
CURE = "`docker run --env-file` keeps them as part of the value: write it without them."
FILE = "SLACK_BOT_TOKEN=\"xoxb-1\"\nSLACK_APP_TOKEN='xapp-1'\nGONOGO_CHANNEL=C1 # the deploys\n"


def as_docker(text: str) -> Mapping[str, str]:
    """The variables as `docker run --env-file` gives them: what stands behind the first `=` of a line."""
    return dict(line.split("=", 1) for line in text.splitlines())


@pytest.mark.fault(KIND)
def test_tokens_in_quotes_are_not_said_to_be_other_tokens(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(as_docker(FILE)).require_tokens()
    assert str(refused.value) == f"SLACK_BOT_TOKEN, SLACK_APP_TOKEN have quotes around their values. {CURE}"
    file = tmp_path / "env"
    file.write_text(FILE)
    file.chmod(0o600)
    read_settings(Environment({"GONOGO_ENV_FILE": str(file)}).read()).require_tokens()


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_a_token_that_begins_as_it_should_is_refused_with_the_comment_behind_it(name: str) -> None:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"}
    with pytest.raises(BadSettings, match=f"{name} has a comment") as refused:
        read_settings({**tokens, name: f"{tokens[name]} # our app"}).require_tokens()
    assert "our app" not in str(refused.value)


@pytest.mark.fault(KIND)
@pytest.mark.parametrize(("value", "kept"), [('"C1"', "quotes around"), ("C1 # the deploys", "a comment (#) behind")])
def test_the_doctor_names_what_is_left_of_an_env_file(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, value: str, kept: str
) -> None:
    monkeypatch.setenv("GONOGO_CHANNEL", value)
    out = run(capsys, "doctor", "small.md")[1]
    assert f"warn  environment: GONOGO_CHANNEL has {kept} its value. {CURE}" in out
    assert f"fail  environment: GONOGO_CHANNEL has {kept} its value. {CURE}" in out


def test_many_variables_are_counted_and_no_value_is_shown() -> None:
    values = {f"N{number}": '"s3cret"' for number in range(5)} | {"ALONE": '"', "LATE": 'a "b"', "HASH": "a#b #c"}
    assert kept_quotes(values, values) == f"N0, N1, N2 and 2 more have quotes around their values. {CURE}"
    assert kept_quotes(values, ["ALONE", "LATE", "HASH", "MISSING"]) == ""


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_that_a_shell_or_a_secret_of_a_file_has_left_in_a_value_is_named(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("GONOGO_CHANNEL", f"C1{end}")
    why = "because a shell keeps the line ends of Windows, and a secret made of a file those of the file."
    out = run(capsys, "doctor", "small.md")[1]
    assert f"environment: GONOGO_CHANNEL ends with a line break, {why} Write its value without one." in out
    with pytest.raises(BadSettings, match="SLACK_BOT_TOKEN, SLACK_APP_TOKEN end with a line break"):
        read_settings({"SLACK_BOT_TOKEN": f"xoxb-1{end}", "SLACK_APP_TOKEN": f"'xapp-1'{end}"}).require_tokens()
