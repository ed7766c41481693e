"""Runbooks with all that is odd about Markdown and shell, and their lines of a shell."""

from __future__ import annotations

import re

_FENCE = re.compile(r"[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_SHELLS = ("bash", "sh", "shell", "console", "zsh")

PLAIN = """# Release the shop

## Deploy

```bash
# fetch first
cd /srv/shop
git pull
npm ci && npm run build
```
"""
IN_A_LIST = """# Release

## Deployment

1. Stop the worker:
   ```bash
   systemctl stop shop-worker
   ```
   and wait for it.
   - It may take a minute:
     ~~~sh
     sleep 60
     ~~~
2. Copy the files

       rsync -a build/ web:/srv/www

3. Start it again.

> When it is quiet:
> ```sh
> systemctl start shop-worker
> ```
> and look.
"""
CONSOLE = """# Upgrade

## Upgrade the workers

```console
$ cd /opt/worker
$ ./upgrade.sh --to <version> \\
>   --quiet
upgrading ...
done
deploy@web-1:~$ systemctl status worker
```
"""
HEREDOC = """Release of the api
==================

Steps to deploy
---------------

~~~bash
cat > /etc/api.conf <<'EOF'
port = 80

# not a comment of the shell
EOF
for host in a b; do
	ssh $host "sudo systemctl restart api"
done
if [ -f /tmp/flag ]; then
  echo "it's there"
fi
curl -X POST https://api.shop.example/v1/things \\
  -H 'Content-Type: application/json' \\
  -d '{"name": "x"}'
~~~
"""
NO_HEADINGS = """Just do this:

```
$ make deploy VERSION=v1.2.3
```

and this

    make check

and tell {{TEAM}}.
"""
ODD_FENCES = """---
title: Front matter
owner: team-a
---

# Deploy

## Deploy it

````bash
echo '```bash'
echo inner
````

<details>
<summary>Details</summary>

```bash
kubectl rollout undo deploy/api
```

</details>

```mermaid
graph TD
```

```yaml
a: 1
```

```json
{"a": 1}
```

```sql
UPDATE things SET a = 1;
```

```powershell
Restart-Service api
```

<!--
```bash
echo commented out
```
-->

| a table |
|---|

|---|---|
| no | header |

```bash
echo never closed
"""
NESTED = """# A
# B
## C
#### Deploy now
```sh
true; echo "a" | tee -a /tmp/x ; false || true
psql "postgresql://shop:geheim99@db/shop" -c "select 1"
echo 'open quote
```
### Rollback
```sh
( cd /srv && ./undo )
'''
x='''a'''
```
## Before you start
- [ ] one
- [x] two
## Before you start
* □ three
## Places
## Alerts
## Decisions
## Watch out
text
"""
ODD = {
    "plain": PLAIN,
    "in a list": IN_A_LIST,
    "console": CONSOLE,
    "heredoc": HEREDOC,
    "no headings": NO_HEADINGS,
    "odd fences": ODD_FENCES,
    "nested": NESTED,
    "only text": "nothing here\n",
    "only a box": "```bash\nuptime\n```\n",
    "empty boxes": "# A\n\n## Deploy\n\n```bash\n```\n\n```bash\n\n\n```\n",
}


def shell_lines(text: str) -> list[str]:
    """The lines inside the fences of a shell, without what a list or a quote puts before them, and without prompts."""
    found: list[str] = []
    mark, shell = "", False
    for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).split("\n"):
        fence = _FENCE.match(line)
        if not mark and fence:
            mark, shell = fence["mark"], fence["info"].strip() in _SHELLS
        elif mark and fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            mark = ""
        elif mark and shell and line.strip(" \t>"):
            found.append(re.sub(r"^(?:> ?)?\s*(?:\$|[\w@:~-]+\$|>) ", "", line).strip())
    return found
