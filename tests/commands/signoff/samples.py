"""Parts of pages and records that the tests of this room share."""

from __future__ import annotations

from state.records import AttemptState
from tests.pages import row

DEPLOY = "put-the-code-there"
ALERT = "API response > 5 s"
READY = row("ready", AttemptState.DONE)
DEPLOYED = (READY, row(DEPLOY, AttemptState.DONE), row("health", AttemptState.DONE))

# changes of the small page, for `small(**WINDOW)`
WINDOW = {  # a step that two people must skip
    "## Before\n": '## Before\n\n### The right time\n\n```toml window\ndays = ["mon"]\nhours = ["22:00-06:00"]\n```\n'
}
RELEASE = {  # a step with values for later steps
    "## Before\n": '## Before\n\n### Which code\n\n```toml release\nhost = "backend"\nrepository = "$SHOP_REPO"\n```\n'
}
QUESTION = {  # a question of the watch
    'lasts = "1 h"\n': """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "30 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""
}
SIGNED_DEPLOY = {'takes = "10 min"': 'sign = ["dba"]'}
