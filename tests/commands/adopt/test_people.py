"""Checklists, contacts, alerts and criteria become what people sign, and decide on."""

from __future__ import annotations

import pytest

from commands.adopt.adopted import adopt
from tests.commands.adopt.reading import boxes_of, told

CONTACTS = """## Contacts

| Role | Phone | Responsible for |
|---|---|---|
| **DB admin** | [phone] | Backups |
| Tech Lead | [phone] | GO/NO-GO decision |
"""
WATCH = """## Monitoring

```bash
curl https://shop.example/api/jobs
psql $DB -c "SELECT count(*) FROM jobs"
```

## Alerts

| Alert | Action |
|---|---|
| API response > 500 ms | Roll back |
| Database errors | Call the DBA |
| Memory > 80% | Rollback |
| Queue longer than 10 | Rollback |
| 404 of the old route | OK - expected |
"""


def test_contacts_become_roles_and_the_one_who_decides_signs() -> None:
    adopted = adopt(f"# S\n\n## Before\n\n- [ ] Backup there\n- [ ] Team told\n\n{CONTACTS}", "x")
    found = dict(boxes_of(adopted.page))
    assert found["roles"]["db_admin"] == {
        "title": "DB admin",
        "people": "$GONOGO_DB_ADMIN",
        "phone": "$GONOGO_DB_ADMIN_PHONE",
        "action": "Backups",
    }
    assert found["decision"]["role"] == "tech_lead"
    assert found["gate"]["item"] == [
        {"text": "Backup there", "role": "tech_lead"},
        {"text": "Team told", "role": "tech_lead"},
    ]
    assert "- [ ] Backup there\n- [ ] Team told\n" in adopted.page
    assert "`tech_lead` signs every checklist" in told(adopted)


def test_alerts_are_judged_by_the_checks_of_the_watch_and_the_others_are_named() -> None:
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n{WATCH}", "x")
    found = dict(boxes_of(adopted.page))
    checks = {kind: fields["id"] for kind, fields in boxes_of(adopted.page) if kind in {"http", "query", "metrics"}}
    assert found["alerts"]["alert"] == [
        {"name": "API response > 500 ms", "check": checks["http"], "measure": "seconds", "above": 0.5},
        {"name": "Database errors", "check": checks["query"], "measure": "failed", "above": 0.0, "action": "tell"},
        {"name": "Memory > 80%", "check": checks["metrics"], "measure": "memory", "above": 80.0},
    ]
    assert "21: the alert “Queue longer than 10” is measured by no check of the watch" in told(adopted)
    assert "22: the alert “404 of the old route” is expected, so it is no alert" in told(adopted)


@pytest.mark.parametrize(
    ("row", "query", "is_alert"),
    [
        ("No job type data", "SELECT COUNT(*) FROM jobs WHERE job_type_id > 0", True),
        ("Missing orders rows", "select count(*) from orders", True),
        ("No job type data", "SELECT COUNT(*) FROM jobs", False),
        ("No job type data", "SELECT max(job_type_id) FROM jobs", False),
        ("No job errors", "SELECT COUNT(*) FROM job_errors", False),
    ],
)
def test_an_alert_of_no_data_is_placed_where_a_query_counts_just_that(row: str, query: str, is_alert: bool) -> None:
    watch = f'## Monitoring\n\n```bash\npsql $DB -c "{query}"\n```\n\n## Alerts\n\n'
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n{watch}| Alert | Action |\n|---|---|\n| {row} | Rollback |\n", "x")
    found = dict(boxes_of(adopted.page)).get("alerts", {"alert": []})["alert"]
    assert [(one["name"], one["below"]) for one in found] == ([(row, 1.0)] if is_alert else [])
    assert (f"the alert “{row}” is raised when the query of line 10 counts none" in told(adopted)) == is_alert


def test_two_queries_that_count_it_are_not_guessed_between() -> None:
    queries = "\n".join(f'psql $DB -c "SELECT count(*) FROM job_types WHERE id > {number}"' for number in (1, 2))
    rows = "| Alert | Action |\n|---|---|\n| No job types data | Rollback |\n"
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n## Monitoring\n\n```bash\n{queries}\n```\n\n## Alerts\n\n{rows}", "x")
    assert "alerts" not in dict(boxes_of(adopted.page))


def test_criteria_are_go_and_no_go_by_their_headings() -> None:
    text = "# S\n\n## Success criteria\n\n### Go\n\n- [x] Fast\n\n### No-go: any fails\n\n- [ ] Slow\n"
    found = dict(boxes_of(adopt(text, "x").page))
    assert found["criteria"] == {"go": [{"text": "Fast"}], "no_go": [{"text": "Slow"}]}


def test_sign_offs_go_to_the_parts_that_they_name() -> None:
    text = (
        "# S\n\n## Deploy\n\nx\n\n## Smoke tests\n\ny\n\n## Sign-offs\n\n```\n# Before\n□ Told\n# During\n□ Done\n"
        "□ Smoke tests passed\n# After\n□ Quiet\n```\n"
    )
    adopted = adopt(text, "x")
    gates = [fields["item"][0]["text"] for kind, fields in boxes_of(adopted.page) if kind == "gate"]
    assert sorted(gates) == ["Done", "Smoke tests passed", "Told"]
    assert dict(boxes_of(adopted.page))["decision"]["items"] == ["Quiet"]
    before, _, rest = adopted.page.partition("## Smoke tests")
    assert ('"Done"' in before, '"Smoke tests passed"' in rest.partition("\n## Sign-offs")[0]) == (True, True)
    assert "“During”, 1 of its 2 items, is signed at the end of the part smoke tests" in told(adopted)
    assert "“Before” is signed at the end of the part before" in told(adopted)


def test_steps_of_the_rollback_name_what_they_undo() -> None:
    forward = "```bash\ngit pull origin main\npsql $DB -f up.sql\nsystemctl restart a\nsystemctl restart b\n```"
    back = "```bash\npsql $DB -f down.sql\ngit revert <hash>\nsystemctl restart b\n```"
    found = boxes_of(adopt(f"# S\n\n## Deploy\n\n{forward}\n\n## Rollback\n\n{back}\n", "x").page)
    forwards = [(kind, fields) for kind, fields in found if "id" in fields and "undoes" not in fields]
    ids = {(kind, fields.get("name")): fields["id"] for kind, fields in forwards}
    undone = [(kind, fields["undoes"]) for kind, fields in found if "undoes" in fields]
    assert undone == [("sql", ids["sql", None]), ("checkout", ids["checkout", None]), ("service", ids["service", "b"])]
    assert dict(found)["release"]["files"] == ["up.sql", "down.sql"]


def test_two_steps_of_which_either_may_be_meant_are_not_guessed_between() -> None:
    forward = "## Deploy\n\n```bash\npsql $DB -f a.sql\npsql $DB -f b.sql\n```\n"
    text = f"# S\n\n{forward}\n## Rollback\n\n```bash\npsql $DB -f c.sql\n```\n"
    assert not [fields for _, fields in boxes_of(adopt(text, "x").page) if "undoes" in fields]


def test_an_expected_alert_never_rolls_back_although_a_check_measures_it() -> None:
    row = "| API response > 500 ms | OK - expected |"
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n{WATCH.replace('| API response > 500 ms | Roll back |', row)}", "x")
    names = [alert["name"] for alert in dict(boxes_of(adopted.page))["alerts"]["alert"]]
    assert "API response > 500 ms" not in names
    assert "the alert “API response > 500 ms” is expected" in told(adopted)


def test_a_checklist_to_tick_outside_the_parts_is_named_and_a_list_of_facts_is_not() -> None:
    adopted = adopt("# S\n\n## Deploy\n\nx\n\n## Architecture\n\n- [ ] Draw it\n\ntext\n\n- ✅ Fast\n- ✅ Small\n", "x")
    assert [(note.line, note.text) for note in adopted.unplaced if note.line] == [
        (9, "a checklist under a heading that does not say when it is signed")
    ]
    assert "gate" not in dict(boxes_of(adopted.page))


def test_people_of_a_table_never_become_roles() -> None:
    table = "## Contacts\n\n| Name | Role | Phone |\n|---|---|---|\n| A. Person | DBA | 1 |\n"
    assert list(dict(boxes_of(adopt(f"# S\n\n{table}", "x").page))["roles"]) == ["dba"]
    adopted = adopt(f"# S\n\n{table.replace('Role', 'Mail')}", "x")
    assert list(dict(boxes_of(adopted.page))["roles"]) == ["lead"]
    assert "5: a table of contacts without a column of roles" in told(adopted)
