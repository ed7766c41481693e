"""Tests of how reports, histories and charts look."""
