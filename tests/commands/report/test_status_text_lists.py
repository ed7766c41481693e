"""The checks and the criteria in what `gonogo status` prints."""

from __future__ import annotations

from state.records import AttemptState
from tests.commands.report.deployed import CHECK, DEPLOYED
from tests.commands.report.printed import READY, WATCHING, lines
from tests.pages import SIGNED, row, said, small


def test_checks_are_listed_with_the_worst_first() -> None:
    other = (
        '### Other\n\n```toml http\nweb = "api"\npath = "/o"\nevery = "15 min"\non_failure = "tell"\n```\n\n## Alerts\n'
    )
    page = small(**{"## Alerts\n": other})
    good, bad = row(CHECK, AttemptState.DONE, after=16, seconds=0.2), row("other", AttemptState.FAILED, after=16)
    printed = lines(*DEPLOYED, WATCHING, good, bad, page=page)
    assert printed[printed.index("Checks:") - 1] == ""
    assert printed[printed.index("Checks:") :] == [
        "Checks:",
        "  BAD: Other: ",
        "  ok: Response time:  (limit: above 5 s)",
    ]


def test_criteria_are_listed_with_their_evidence() -> None:
    criteria = """## Success criteria

```toml criteria
go = [
    { text = "Healthy", shown_by = ["health"] },
    { text = "Fast", shown_by = ["response-time"] },
    { text = "Users are happy" },
    { text = "Deployed", shown_by = ["put-the-code-there"] },
]
no_go = [{ text = "Smoke tests failed", shown_by = ["health"] }]
```

## Decision"""
    page = small(**{"## Decision": criteria})
    failed, fixed = row("health", AttemptState.FAILED), said("answer", "put-the-code-there", said="done", reason="ssh")
    deployed = row("put-the-code-there", AttemptState.FAILED)
    printed = lines(READY, deployed, failed, facts=(*SIGNED, fixed), page=page)
    assert printed[printed.index("GO / NO-GO:") :] == [
        "GO / NO-GO:",
        "  NO-GO: Smoke tests failed: ",
        "  NOT met: Healthy: ",
        "  open: Fast: not measured yet",
        "  for people: Users are happy: a person must judge this",
        "  met: Deployed: “Put the code there” was fixed by hand: ssh (by U2)",
    ]
