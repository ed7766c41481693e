"""What is reported about one run and about all runs, as plain values without a layout."""
