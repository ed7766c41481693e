"""Tests of commands/systems/logs."""
