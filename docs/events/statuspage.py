"""Atlassian Statuspage: a rollback is an incident, which is resolved once the run is rolled back.

STATUSPAGE_PAGE is the page's id, STATUSPAGE_KEY an API key. STATUSPAGE_URL is set for tests only.
"""

from __future__ import annotations

import os
from typing import Any

import httpx

NAME = "Problems after an update"
BEGAN = "We are taking back an update of our service. Some functions may be slow or fail for some minutes."
ENDED = "The update was taken back."


def tell(event: dict[str, Any]) -> None:
    """Open an incident when a rollback is asked for, and resolve it when it is done."""
    asked = event["type"] == "io.gonogo.rollback.requested"
    done = event["type"] == "io.gonogo.run.moved" and event["data"]["state"] == "rolled back"
    if not (asked or done):
        return
    key = event["data"]["key"]
    incidents = f"/v1/pages/{os.environ['STATUSPAGE_PAGE']}/incidents"
    with httpx.Client(
        base_url=os.environ.get("STATUSPAGE_URL", "https://api.statuspage.io"),
        headers={"Authorization": f"OAuth {os.environ['STATUSPAGE_KEY']}"},
        timeout=5,
    ) as page:
        unresolved = page.get(f"{incidents}/unresolved").raise_for_status().json()
        ours = [one for one in unresolved if one.get("metadata", {}).get("gonogo", {}).get("run") == key]
        if asked and not ours:
            incident: dict[str, Any] = {"name": NAME, "status": "identified", "body": BEGAN}
            incident["metadata"] = {"gonogo": {"run": key}}
            page.post(incidents, json={"incident": incident}).raise_for_status()
        if done:
            for one in ours:
                change = {"incident": {"status": "resolved", "body": ENDED}}
                page.patch(f"{incidents}/{one['id']}", json=change).raise_for_status()
