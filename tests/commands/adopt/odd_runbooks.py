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
COMPOSE = """# How we release the wiki

## When to use this

Any change of the wiki.

## Standard release

### Step 1: remember what runs

```bash
ssh ops@wiki-1

cd /opt/wiki
OLD=$(git rev-parse HEAD)
echo "$OLD" > /opt/backups/before-$(date +%F).txt
./bin/dump.sh
```

### Step 2: new images

```bash
docker compose -f compose.yml -f compose.prod.yml pull
docker compose -f compose.yml -f compose.prod.yml up -d
docker compose logs -f --tail 20
curl -s http://localhost:8080/status | jq .
```

### Step 3: say that it is done

```
✅ RELEASED
Commit: [sha]
```

## Common tasks

### Restart one service

```bash
docker compose restart web
```

## Restore a backup

```bash
./bin/restore.sh /opt/backups/latest.sql.gz
```

## Emergency rollback

```bash
OLD=$(cat /opt/backups/last.txt)
git checkout $OLD
exit 0
```
"""
HUGO = """---
title: Upgrade
menu:
  docs:
    weight: 7
---

{{< hint >}}
Read the notes first.
{{< /hint >}}

## Steps of the upgrade {#steps}

Become the right user:

```
su - app
```

The release is called `v4.5.6`:

```bash
cd /home/app/live
git fetch --tags
git checkout v4.5.6
```

Back to root:

```
exit
```

1. Restart **the workers**:

   ```bash
   systemctl restart app-jobs
   ```

2. Run `systemctl reload app-web` as well.
"""
TICKED_CODE = """# Rollout

## ✅ Rollout checklist

- [ ] **Prepare the machine**:
  ```bash
  git clone https://git.shop.example/shop.git
  cd shop
  python manage.py migrate
  ```
- [ ] **Tell support**

## Rollout on production

> **Note**: as root.

```sh
ssh root@web-1 <<'EOF'
  docker stop shop
  docker start shop-new
EOF
kubectl set image deploy/shop shop=registry.shop.example/shop:v1.2.3 && \\
  kubectl rollout status deploy/shop
helm rollback shop 0 || true
```

### If the rollout fails

```sh
kubectl rollout undo deploy/shop
```
"""
OTHER_SCRIPTS = """# 本番リリース手順

## 1. 準備

```bash
export APP_ENV=prod
echo "$APP_ENV"   # ตรวจสอบ
```

## 2. デプロイ (deploy)

| 役割 | 連絡先 |
|---|---|
| DBA | [phone] |

	```bash
	touch /tmp/x
	```

```bash
PGPASSWORD=$PW psql -h db -U shop -d shop -f sql/2.sql
mysql -u root shop < sql/3.sql
FOO=bar ./run.sh "a b" 'c"d' $'e\\'f'
```
"""
ODD = {
    "compose": COMPOSE,
    "hugo": HUGO,
    "ticked code": TICKED_CODE,
    "other scripts": OTHER_SCRIPTS,
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
