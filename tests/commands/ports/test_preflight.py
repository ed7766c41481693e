"""The results of preflight checks."""

from __future__ import annotations

from commands.ports.preflight import FAIL, OK, WARN, PreflightResult, blocked, passed, warned


def test_a_result_has_a_level_a_summary_and_what_to_do() -> None:
    assert passed("good") == [PreflightResult(level=OK, summary="good")]
    assert warned("old", "update it") == [PreflightResult(level=WARN, summary="old", todo="update it")]
    assert blocked("gone", "create it") == [PreflightResult(level=FAIL, summary="gone", todo="create it")]
