"""Tests of the target in a box of a drill."""
