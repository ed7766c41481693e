"""Tests of the sandbox of a drill."""
