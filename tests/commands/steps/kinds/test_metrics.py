"""`metrics`: measures the CPU and memory of the whole host."""

from __future__ import annotations

import pytest

from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World


def test_a_real_host_is_measured_in_percent_of_the_whole_host() -> None:
    step = box("metrics", 'host = "h"\nsamples = 2\napart = "0.1 s"')
    outcome = execute(step, context(World(), shell=LocalShell({})))
    assert outcome.state == "done", outcome.lines
    assert 0 <= outcome.measures["cpu"] <= 100
    assert 0 < outcome.measures["memory"] < 100
    assert "% of the whole host (mean of 2 samples, 0.1 s apart)" in outcome.summary


def test_cpu_is_the_mean_of_the_samples() -> None:
    outcome = execute(box("metrics", 'host = "h"\nsamples = 4'), context(World()))
    assert outcome.measures == {"cpu": pytest.approx(20), "memory": pytest.approx(25)}


def test_the_plan_shows_the_script() -> None:
    assert "sleep 0.1" in plan(box("metrics", 'host = "h"\nsamples = 2\napart = "0.1 s"'))


def test_a_host_that_shows_no_metrics_is_inconclusive() -> None:
    world = World()
    world.fail("/proc/stat", output="No such file or directory")
    outcome = execute(box("metrics", 'host = "h"'), context(world))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert outcome.summary == "CPU and memory of host “h” could not be read."
