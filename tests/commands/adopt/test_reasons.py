"""A reason to roll back becomes an alert where its meaning is sure, and is named elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from bot.check import check_page
from commands.adopt.adopted import Adopted, adopt
from tests.commands.adopt.reading import boxes_of, told

WATCH = """# Shop

## Deploy

```bash
pm2 restart shop
```

## Monitoring

```bash
curl https://shop.example/api/jobs
psql $DB -c "SELECT count(*) FROM jobs"
pm2 logs shop --lines 50 | grep -i error
```

"""
LIST = "Roll back immediately if:\n\n"
FIRST = 19  # the line of the first item of LIST


def adopted(reasons: str, lead: str = LIST) -> Adopted:
    """A runbook with a watch, and reasons to roll back under it."""
    return adopt(f"{WATCH}{lead}{reasons}\n", "x")


def alerts(reasons: str, lead: str = LIST) -> list[dict[str, Any]]:
    """The alerts of its page without their checks."""
    found = dict(boxes_of(adopted(reasons, lead).page)).get("alerts", {"alert": []})["alert"]
    return [{name: value for name, value in one.items() if name != "check"} for one in found]


@pytest.mark.parametrize(
    ("text", "measure", "above", "lasting"),
    [
        ("CPU over 90 %", "cpu", 90.0, None),
        ("**Memory** usage > 80%", "memory", 80.0, None),
        ("Response time above 500 ms", "seconds", 0.5, None),
        ("API response > 5 seconds for more than 10 minutes", "seconds", 5.0, "10 min"),
        ("Database errors", "failed", 0.0, None),
        ("Health check fails for 30 seconds", "failed", 0.0, "30 s"),
        ("Errors in the logs", "found", 0.0, None),
        ("If CPU exceeds 95%, roll back", "cpu", 95.0, None),
    ],
)
def test_a_reason_that_a_check_of_the_watch_measures_is_an_alert(
    text: str, measure: str, above: float, lasting: str | None
) -> None:
    (alert,) = alerts(f"- {text}")
    assert (alert["measure"], alert["above"], alert.get("lasting")) == (measure, above, lasting)
    assert "action" not in alert
    assert f"{FIRST}: “{alert['name']}” is an alert, which rolls back when `{measure}`" in told(adopted(f"- {text}"))


@pytest.mark.parametrize(
    "text",
    [
        "Error rate is over 5 %",
        "API error rate > 5%",
        "Response time more than 2x the baseline",
        "Response time > 1,500 ms",
        "Response time over 2",
        "p95 latency > 2 s",
        "CPU over 90 % and no traffic",
        "CPU over 90 % three times in a row",
        "Memory grows by more than 20 %",
        "Memory over 16 GB",
        "More than 10 database errors per minute",
        "Database error, or a slow response",
        "CPU of $HOST > 90 %",
        "Anybody complains",
        "CPU > 90 % " + "x" * 80,
    ],
)
def test_a_reason_that_is_not_sure_is_named_with_its_line_and_is_no_alert(text: str) -> None:
    assert alerts(f"- {text}") == []
    assert f"{FIRST}: “{text[:70]}”, a reason to roll back, " in told(adopted(f"- {text}"))


@pytest.mark.parametrize(
    "sentence",
    [
        "- If the CPU is over 90 %, roll back.",
        "When CPU > 90%: rollback immediately!",
        "Roll back if CPU > 90 %.",
        "If the CPU is over 90 %: go back.",
        "Look at the graphs for 30 min. If CPU > 90 %, roll back.",
    ],
)
def test_a_sentence_that_gives_a_reason_is_one_without_a_list(sentence: str) -> None:
    assert [alert["above"] for alert in alerts(sentence, lead="")] == [90.0]


def test_an_error_rate_in_a_sentence_is_named_because_no_check_measures_it() -> None:
    text = told(adopted("- If the error rate is over 5 %, roll back", lead=""))
    assert "17: “the error rate is over 5 %”, a reason to roll back, is measured by no check of the watch" in text


@pytest.mark.parametrize(
    "sentence",
    [
        "Roll back if needed.",
        "If something fails, roll back.",
        "If so: 1. roll back 2. call Mira",
        "If CPU > 90 %, go back to step 3.",
    ],
)
def test_a_sentence_that_nothing_can_measure_stays_text(sentence: str) -> None:
    assert alerts(sentence, lead="") == []
    assert "reason to roll back" not in told(adopted(sentence, lead=""))


def test_a_reason_that_stands_in_the_table_too_is_one_alert() -> None:
    table = "## Alerts\n\n| Alert | Action |\n|---|---|\n| CPU > 90% | Rollback |\n"
    assert [alert["name"] for alert in alerts(f"- CPU over 90 %\n- CPU over 95 %\n\n{table}")] == [
        "CPU > 90%",
        "CPU over 95 %",
    ]


def test_the_time_in_a_reason_is_not_how_long_the_watch_is() -> None:
    assert dict(boxes_of(adopted("- CPU over 90 % for 5 min").page))["watch"] == {"lasts": "1 h"}


def test_a_reason_not_to_begin_is_no_alert_of_the_watch() -> None:
    page = adopt(WATCH.replace("## Deploy", "## Before\n\nAbort if:\n\n- CPU > 90 %\n\n## Deploy"), "x")
    assert "alerts" not in dict(boxes_of(page.page))
    assert "7: “CPU > 90 %”, a reason to roll back, stands before the deploy" in told(page)


def test_without_a_watch_every_reason_is_named() -> None:
    page = adopt("# S\n\n## Deploy\n\nx\n\nRoll back if:\n\n- CPU > 90 %\n- Database errors\n", "x")
    assert "alerts" not in dict(boxes_of(page.page))
    assert [note.line for note in page.unplaced if "a reason to roll back" in note.text] == [9, 10]


def test_the_page_with_such_alerts_is_good(tmp_path: Any) -> None:
    rollback = "\n## Rollback\n\n```bash\npm2 restart shop\n```\n"
    reasons = "- CPU over 90 % for 5 min\n- Database errors\n- Errors in the logs\n"
    page = tmp_path / "page.md"
    page.write_text(adopted(reasons + rollback).page, encoding="utf-8")
    assert [one.message for one in check_page(page, {}).findings if one.level == "error"] == []


def test_a_checklist_of_reasons_to_roll_back_is_signed_by_nobody() -> None:
    text = "# S\n\n## Deploy\n\nx\n\n## Rollback\n\nRoll back if:\n\n- [ ] CPU > 90 %\n- [ ] Data lost\n"
    adopted = adopt(text, "x")
    assert "gate" not in dict(boxes_of(adopted.page))
    assert "12: “Data lost”, a reason to roll back, is measured by no check of the watch" in told(adopted)
