"""What has happened: runs, steps, facts and events in one SQLite file. Knows SQL and nothing else of ours."""
