"""What happened in each run: its attempts, facts and events, in one SQLite file. Imports nothing else of ours."""
