"""Where a run stands: pure questions about its record, its clock, and how long its steps usually take."""
