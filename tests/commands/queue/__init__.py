"""Tests of commands/start."""
