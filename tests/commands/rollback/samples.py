"""Parts of a page's rollback that the tests of this room share."""

from __future__ import annotations

# the only step of the small page's rollback
OLD = """### Put the old code back

```toml run
host = "backend"
undoes = "put-the-code-there"
commands = ["undeploy"]
```
"""


def lane(name: str, more: str = "") -> str:
    """A step of the rollback that runs a command, with more fields."""
    return f'### {name}\n\n```toml run\nid = "{name}"\nhost = "backend"\ncommands = ["{name}"]\n{more}\n```\n\n'
