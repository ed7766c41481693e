"""The process that draws the chart: it knows no secret, and a run continues if it fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.report import chart
from bot.report.chart import draw_chart
from commands.report.charts import Panel
from tests.bot.report.reports import panel


def test_nothing_to_draw_is_no_picture() -> None:
    assert draw_chart([]) is None


def test_a_drawing_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    broken = Panel(title="x", unit="s", lines=(), limits=(), raised=())
    assert draw_chart([broken]) is None
    assert "the chart could not be drawn" in caplog.text


def test_a_drawing_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(chart, "TIMEOUT", 0.01)
    assert draw_chart([panel()]) is None
    assert "TimeoutExpired" in caplog.text


def test_output_that_is_no_picture_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def answers(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 0, stdout=b"<html>", stderr=b"")

    monkeypatch.setattr(subprocess, "run", answers)
    assert draw_chart([panel()]) is None
    assert "(no output)" in caplog.text


def test_the_drawing_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: dict[str, dict[str, str]] = {}
    real = subprocess.run

    def spy(*args: object, **kwargs: object) -> object:
        passed.update(env=kwargs["env"])  # type: ignore[call-overload]
        return real(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setattr(subprocess, "run", spy)
    draw_chart([panel()])
    assert "SLACK_BOT_TOKEN" not in passed["env"]
    assert "PATH" in passed["env"]


@pytest.mark.fault("a library reads the environment again")
def test_a_matplotlibrc_of_the_machine_changes_no_chart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    picture = draw_chart([panel()])
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\naxes.facecolor: black\n")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    assert picture
    assert draw_chart([panel()]) == picture
