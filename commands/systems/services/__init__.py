"""Service managers: what runs, how it is restarted, and where its log is read from."""
