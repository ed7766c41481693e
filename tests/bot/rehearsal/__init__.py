"""Tests of the rehearsal: the target, the workspace server, and the scenarios that run on both."""
