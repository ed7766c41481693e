"""Tests of Block Kit's rules."""
