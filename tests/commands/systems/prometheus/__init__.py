"""Tests of commands/systems/prometheus."""
