"""The commands of docs/editors-and-ci.md write each box of a page to a file of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from commands.reference.schema import box_schema

DOCS = Path(__file__).parents[3] / "docs" / "editors-and-ci.md"
PAGE = """# A page

```toml runbook
target = "shop"
time_zone = "Asia/Bangkok"
```

```text
not = "a box"
```

### Look

```toml http
web = "api"
path = "/health"
```
"""


def test_each_box_is_written_with_its_schema_and_the_lines_of_the_page(tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(mkdir .*?)\n```\n", DOCS.read_text(), re.DOTALL)
    (tmp_path / "my-runbook.md").write_text(PAGE)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True, timeout=120)
    boxes = tmp_path / "boxes"
    assert {file.name for file in boxes.iterdir()} == {
        *("003.runbook.toml", "runbook.schema.json", "014.http.toml", "http.schema.json")
    }
    text = (boxes / "014.http.toml").read_text()
    assert tomllib.loads(text) == {"web": "api", "path": "/health"}
    assert text.splitlines()[0] == "#:schema ./http.schema.json"
    assert text.splitlines().index('path = "/health"') == PAGE.splitlines().index('path = "/health"')
    assert json.loads((boxes / "http.schema.json").read_text()) == box_schema("http")
