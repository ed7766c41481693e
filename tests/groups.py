"""Small pages with a group of three hosts: a deploy on all of them together, and one by one."""

from __future__ import annotations

from tests.pages import small

_GROUP = {'address = "$SHOP_SSH"': 'address = ["$SHOP_1", "$SHOP_2", "$SHOP_3"]'}
TOGETHER_WORDS = {
    **_GROUP,
    'commands = ["deploy"]': 'commands = ["deploy to <host>"]\ntogether = true',
    'commands = ["undeploy"]': 'commands = ["undeploy from <host>"]\ntogether = true',
}

# the balancer is another host; its steps are done for each host of the group
_BALANCER = """

[hosts.balancer]
address = "$BALANCER"
key = "$SHOP_KEY"
known_hosts = "$SHOP_KNOWN_HOSTS"

[webs.each]
url = ["$EACH_1", "$EACH_2", "$EACH_3"]

[webs.api]"""
_ROLL = """### Roll the hosts

```toml one-by-one
id = "roll"
host = "backend"
steps = ["out", "code", "answers", "in"]
```

### Out of the balancer

```toml run
id = "out"
host = "balancer"
commands = ["drain <host>"]
```

### Put the code there

```toml run
id = "code"
host = "backend"
commands = ["deploy to <host>"]
takes = "10 min"
```

### Does it answer?

```toml http
id = "answers"
web = "each"
path = "/health"
```

### In again

```toml run
id = "in"
host = "balancer"
commands = ["take in <host>"]
```
"""
_ROLL_BACK = """### Roll the hosts back

```toml one-by-one
id = "roll-back"
host = "backend"
steps = ["back-out", "old-code", "back-in"]
undoes = "roll"
```

### Out again

```toml run
id = "back-out"
host = "balancer"
commands = ["drain <host> again"]
```

### Put the old code back

```toml run
id = "old-code"
host = "backend"
undoes = "code"
commands = ["undeploy from <host>"]
```

### In with the old code

```toml run
id = "back-in"
host = "balancer"
commands = ["take in <host> again"]
```
"""
_DEPLOY = '### Put the code there\n\n```toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n```\n'
_UNDEPLOY = (
    "### Put the old code back\n\n```toml run\n"
    'host = "backend"\nundoes = "put-the-code-there"\ncommands = ["undeploy"]\n```\n'
)
ROLLING_WORDS = {**_GROUP, "\n\n[webs.api]": _BALANCER, _DEPLOY: _ROLL, _UNDEPLOY: _ROLL_BACK}

TOGETHER = small(**TOGETHER_WORDS)
ROLLING = small(**ROLLING_WORDS)
HOSTS = ("backend-1", "backend-2", "backend-3")


def on(step: str, host: int) -> str:
    """The id of a step on a host of the group, by the host's number."""
    return f"{step}@{HOSTS[host - 1]}"
