"""Tests of the store, whatever database holds it."""
