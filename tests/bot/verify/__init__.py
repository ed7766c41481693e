"""Tests of `gonogo verify`."""
