"""Tests of commands/run."""
