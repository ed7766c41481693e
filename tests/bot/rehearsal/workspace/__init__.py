"""Tests of the workspace server, with the real slack-bolt or slack_sdk connected."""
