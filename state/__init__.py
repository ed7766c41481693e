"""What happened in each run, in one SQLite file. Imports nothing else of ours."""
