"""Tests of the target: most of them on real servers, some on a whole target with a deploy and a rollback by hand."""
