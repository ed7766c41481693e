"""Tests of the target, on real servers or on a whole target deployed by hand."""
