"""Where a run stands: pure questions about its record, clock, and usual times."""
