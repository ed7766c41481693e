"""Tests of commands/runbook."""
