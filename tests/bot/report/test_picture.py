"""The drawing of the chart's picture, in the process that draws it."""

from __future__ import annotations

import struct
import subprocess
import sys

from bot.report.chart import draw_chart
from commands.report.charts import Panel, Series
from tests.bot.report.reports import panel


def size(png: bytes | None) -> tuple[int, int]:
    """Width and height of a PNG in pixels, from its header."""
    assert png is not None, "the chart was not drawn"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_it_is_as_wide_as_a_phone_at_twice_its_density() -> None:
    one, three = size(draw_chart([panel()])), size(draw_chart([panel()] * 3))
    assert one[0] == three[0] == 780
    assert one[1] < three[1] < 1000


def test_names_in_any_script_and_half_emoji_are_drawn() -> None:
    assert draw_chart([panel("สำรอง 🚀 \ud83d $x_{$ <b>")]), "a name stopped the drawing"


def test_a_single_sample_and_zeros_are_drawn() -> None:
    flat = Panel(title="Error share", unit="%", lines=(Series(name="a", points=((0.25, 0.0),)),), limits=(), raised=())
    assert draw_chart([flat])


def test_the_bot_itself_never_loads_the_drawing_library() -> None:
    program = (
        "import sys, bot.serve, bot.slack.serve, bot.report.build, bot.report.html; print('matplotlib' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
