"""Grafana: a run is one annotation, from its start to its end, on each dashboard that shows the tag gonogo.

GRAFANA_URL, and GRAFANA_TOKEN of a service account that may read and write annotations.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import httpx

OVER = {"kept", "rolled back", "aborted", "ended by hand"}


def tell(event: dict[str, Any]) -> None:
    """Begin an annotation with the run, and end it with the run."""
    data = event["data"]
    at = int(datetime.fromisoformat(event["time"]).timestamp() * 1000)
    text = f"Run {data['run']} of {data['target']}: {data['ref']}"
    with httpx.Client(
        base_url=os.environ["GRAFANA_URL"],
        headers={"Authorization": f"Bearer {os.environ['GRAFANA_TOKEN']}"},
        timeout=5,
    ) as grafana:
        found = grafana.get("/api/annotations", params={"tags": ["gonogo", data["key"]]}).raise_for_status().json()
        if event["type"] == "io.gonogo.run.started" and not found:
            annotation = {"time": at, "tags": ["gonogo", data["target"], data["key"]], "text": text}
            grafana.post("/api/annotations", json=annotation).raise_for_status()
        if event["type"] == "io.gonogo.run.moved" and data["state"] in OVER:
            for one in found:
                change = {"timeEnd": at, "text": f"{text}: {data['state']}"}
                grafana.patch(f"/api/annotations/{one['id']}", json=change).raise_for_status()
