"""Tests of the step kinds."""
