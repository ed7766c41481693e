"""Tests of the doctor's edges."""
