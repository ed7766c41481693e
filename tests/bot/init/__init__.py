"""Tests of `gonogo init`."""
