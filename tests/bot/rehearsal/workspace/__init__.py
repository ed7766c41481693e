"""Tests of the workspace in a box, most of them with the real slack-bolt against it."""
