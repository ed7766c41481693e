"""Tests of the watch: alerts, baseline, countdowns, verdicts, criteria and events."""
