"""Who is asked for what, and when."""

from __future__ import annotations

from bot.preview.asked import asked
from tests.pages import small

NOTIFY = """### Tell the team

```toml notify
text = "Deploying."
roles_to_tell = ["lead"]
```

"""
GATE = """### Is all well?

```toml gate
every = "30 min"
item = [{ text = "No complaints", role = "dba" }]
```

"""


def test_sign_offs_announcements_and_the_decision_stand_in_the_order_of_the_run() -> None:
    page = small(**{"## Deploy\n": f"{NOTIFY}## Deploy\n", "## Alerts\n": f"{GATE}## Alerts\n"})
    assert [(one.when, one.what, one.who) for one in asked(page)] == [
        ("T+0 min", "Signs: ✅ พร้อมไหม (ready?)", "Database Admin, Tech Lead"),
        ("T+0 min", "Is mentioned in: Tell the team", "Tech Lead"),
        ("every 30 min", "Signs: Is all well?", "Database Admin"),
        ("T+1 h 10 min", "Decides: KEEP or ROLLBACK", "Tech Lead"),
    ]
