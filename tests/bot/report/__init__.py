"""Tests of the layout of reports, histories and charts."""
