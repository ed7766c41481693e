"""Tests of what is reported about runs."""
