"""The doctor's edges: the record's file, Slack, and all of it together, as the terminal and `/deploy start` ask for it."""
