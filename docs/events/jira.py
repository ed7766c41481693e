"""Jira Cloud: a rollback is an issue, with a comment once the run is rolled back.

JIRA_URL, JIRA_USER and JIRA_TOKEN (an API token), and JIRA_PROJECT, the project's key.
"""

from __future__ import annotations

import os
from typing import Any

import httpx


def tell(event: dict[str, Any]) -> None:
    """Create an issue when a rollback is asked for, and comment on it when that is done."""
    data = event["data"]
    asked = event["type"] == "io.gonogo.rollback.requested"
    done = event["type"] == "io.gonogo.run.moved" and data["state"] == "rolled back" and not data["watched"]
    if not (asked or done):
        return
    project, label = os.environ["JIRA_PROJECT"], data["key"]
    by = "by an alert" if data["person"] == "gonogo" else "by a person"
    with httpx.Client(
        base_url=os.environ["JIRA_URL"], auth=(os.environ["JIRA_USER"], os.environ["JIRA_TOKEN"]), timeout=5
    ) as jira:
        query = {"jql": f'project = "{project}" AND labels = "{label}"', "fields": "summary", "maxResults": 1}
        issues = jira.get("/rest/api/3/search/jql", params=query).raise_for_status().json()["issues"]
        if asked and not issues:
            fields = {
                "project": {"key": project},
                "issuetype": {"name": "Task"},
                "summary": f"Rollback of {data['target']}: run {data['run']}, {data['ref']}"[:255],
                "description": text(f"Asked for {by} at {event['time']}. Find out why before the next deploy."),
                "labels": ["gonogo", label],
            }
            jira.post("/rest/api/3/issue", json={"fields": fields}).raise_for_status()
        for issue in issues if done else []:
            said = text(f"Rolled back at {event['time']}, {data['since_rollback']} after it was asked for.")
            jira.post(f"/rest/api/3/issue/{issue['key']}/comment", json={"body": said}).raise_for_status()


def text(words: str) -> dict[str, Any]:
    """A paragraph in the Atlassian Document Format."""
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}
