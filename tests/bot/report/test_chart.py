"""The chart as a picture: drawn by a process of its own, and a run goes on where it cannot be drawn."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from bot.report import chart
from bot.report.alt import alt_text
from bot.report.chart import draw_chart
from commands.report.charts import Limit, Panel, Series

POINTS = tuple((n / 4, 0.2 + n / 100) for n in range(1, 17))


def panel(name: str = "API", baseline: float | None = 0.25) -> Panel:
    """A panel of one line."""
    limits = (Limit(name="slow", value=5.0, kind="alert"), Limit(name="slow", value=1.0, kind="warning"))
    line = Series(name=name, points=POINTS, baseline=baseline)
    return Panel(title="Response time", unit="s", lines=(line,), limits=limits, raised=((1.0, 0.24),))


def size(png: bytes | None) -> tuple[int, int]:
    """Width and height of a PNG in pixels, from its header."""
    assert png is not None
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_it_is_as_wide_as_a_phone_at_twice_its_density() -> None:
    one, three = size(draw_chart([panel()])), size(draw_chart([panel()] * 3))
    assert one[0] == three[0] == 780
    assert one[1] < three[1] < 1000


def test_names_in_any_script_and_half_emoji_are_drawn() -> None:
    assert draw_chart([panel("สำรอง 🚀 \ud83d $x_{$ <b>")]), "a name stopped the drawing"


def test_a_single_measurement_and_zeros_are_drawn() -> None:
    flat = Panel(title="Error share", unit="%", lines=(Series(name="a", points=((0.25, 0.0),)),), limits=(), raised=())
    assert draw_chart([flat])


def test_nothing_to_draw_is_no_picture() -> None:
    assert draw_chart([]) is None


def test_a_drawing_that_fails_is_logged_and_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    broken = Panel(title="x", unit="s", lines=(), limits=(), raised=())
    assert draw_chart([broken]) is None
    assert "the chart could not be drawn" in caplog.text


def test_a_drawing_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(chart, "LIMIT", 0.01)
    assert draw_chart([panel()]) is None
    assert "TimeoutExpired" in caplog.text


def test_the_drawing_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: dict[str, dict[str, str]] = {}
    real = subprocess.run

    def spy(*args: object, **kwargs: object) -> object:
        handed.update(env=kwargs["env"])  # type: ignore[call-overload]
        return real(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setattr(subprocess, "run", spy)
    draw_chart([panel()])
    assert "SLACK_BOT_TOKEN" not in handed["env"]


def test_the_bot_itself_never_loads_the_drawing_library() -> None:
    words = (
        "import sys, bot.serve, bot.slack.serve, bot.report.build, bot.report.html; print('matplotlib' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_the_alt_text_says_the_numbers() -> None:
    assert alt_text([panel()]) == (
        "Response time: API 360 ms now, 210 ms to 360 ms in 16 measurements, 250 ms before the deploy; "
        "alert above 5 s; warning above 1 s; 1 over the alert's limit."
    )
