"""A rule that only an author can keep never stops a run whose page an earlier version accepted."""

from __future__ import annotations

import pytest

from commands.runbook import read_page, read_stored_page
from commands.text.page_rules import for_authors
from state.errors import BadPage
from tests.pages import SMALL, spoil

AGAIN = '### Again\n\n```toml repeat\npart = "smoke tests"\nevery = "1 h"\n```\n\n## Alerts'
WITHOUT_TESTS = SMALL[: SMALL.index("## Smoke tests")] + SMALL[SMALL.index("## Watch") :].replace("## Alerts", AGAIN, 1)

LOG = """### Log

```toml logs
host = "backend"
file = "/log"
since = "0"
every = "1 h"
allow = ["(a+)+$"]
```

### Response time"""


@pytest.mark.parametrize(
    "text",
    [
        spoil(("### Health", "##Almost\n\n### Health")),
        WITHOUT_TESTS,
        spoil(('path = "/health"', 'path = "/health"\nexpect = { user = "$SHOP_USER" }')),
        spoil(("### Response time", LOG)),
    ],
    ids=["heading", "repeat", "variable", "pattern"],
)
def test_a_page_that_an_author_must_mend_is_still_read_for_a_run_that_has_it(text: str) -> None:
    with pytest.raises(BadPage):
        read_page(text, "page.md")
    assert read_stored_page(text, "page.md").text == text
    assert for_authors(), "the rules are in force again"


def test_a_stored_page_that_is_none_is_refused_all_the_same() -> None:
    with pytest.raises(BadPage):
        read_stored_page(spoil(("## Rollback", "## Roll")), "page.md")
    assert for_authors()
