"""Tests of what is told of a run when it is over."""
