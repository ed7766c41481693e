"""Tests of the receivers in docs/events."""
