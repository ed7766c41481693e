"""Tests of the workspace server, most of them with the real slack-bolt or slack_sdk connected to it."""
